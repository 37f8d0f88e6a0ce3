#!/usr/bin/env bash
# Measures the whole program from outside: instructions (they repeat, whatever else the machine does), memory and time of a cold
# `caseyos today` at 1,000 and 100,000 contacts with 10,000 open moves, and the processor time of an import.
#
#   benches/whole.sh [FOLDER]      the homes are made in FOLDER, or in one that is removed at the end
#
# Needs python3, and of valgrind, hyperfine and GNU time whatever there is. `CASEYOS_BIN` names another program than the release build.
set -euo pipefail
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

if [ -z "${CASEYOS_BIN:-}" ]; then
    (cd "$repository" && cargo build --release --locked --quiet)
    CASEYOS_BIN="${CARGO_TARGET_DIR:-$repository/target}/release/caseyos"
fi
folder="${1:-}"
if [ -z "$folder" ]; then
    folder="$(mktemp -d)"
    trap 'rm -rf "$folder"' EXIT
fi
mkdir -p "$folder"

# The clock stands, so that no score becomes due between two runs.
export CASEYOS_NOW=2026-11-24T12:00:00Z CASEYOS_SEED=7
TIMEFORMAT='  %U s user, %S s system, %R s in all'

generate() { # kind, count, contacts
    python3 - "$@" <<'PY'
import random, sys
kind, count, contacts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(7)
first = "Dana Omar Lena Mateo Ingrid Søren Zoë Pavel Aiko Bruno Chloé Dmitri Elif Farah Gustavo Hanna".split()
last = "Ruiz Haddad Fox Álvarez Larsen Nakamura Müller Okafor Petrov Quinn Rossi Silva Tanaka Ueda Vogel Weiß".split()
write = sys.stdout.write
if kind == "people":
    write("Record ID,First Name,Last Name,Email,Phone Number,Company Name,Website URL,Job Title,City,Country/Region,Lifecycle Stage,Create Date\n")
    for n in range(count):
        title = '"VP, Sales\nand Partners"' if n % 50 == 0 else "Head of Operations"
        write(f'{1000 + n},{chance.choice(first)},{chance.choice(last)},person{n}@firm{n // 4}.example,+34 600 {n % 1000000:06},"Firm {n // 4}, Inc.",'
              f"firm{n // 4}.example,{title},Madrid,Spain,{chance.choice(['lead', 'lead', 'opportunity', 'customer'])},2025-{1 + n % 12:02}-{1 + n % 28:02} 10:00\n")
else:
    for n in range(count):
        minutes = chance.randrange(600)
        write(f'{{"source":"hubspot","kind":"hubspot.deal_created","at":"2026-11-24T{1 + minutes // 60:02}:{minutes % 60:02}:00Z",'
              f'"email":"person{n * 7 % contacts}@firm{n * 7 % contacts // 4}.example","deal_id":"{n}","deal_name":"Deal {n}",'
              f'"amount":{1000 + chance.randrange(150000)},"stage":"qualifiedtobuy"}}\n')
PY
}

measure() { # what, command...
    local what="$1"
    shift
    echo "$what"
    "$@" >/dev/null
    if command -v valgrind >/dev/null; then
        local counted
        counted="$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null | sed -n 's/.*Collected : *//p')"
        awk -v n="$counted" 'BEGIN { printf "  %.2f million instructions\n", n / 1e6 }'
    fi
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -f '%M' "$@" 2>&1 >/dev/null | awk '{ printf "  %.1f MB resident at most\n", $1 / 1024 }'
    fi
    if command -v hyperfine >/dev/null; then
        hyperfine --shell=none --warmup 5 --runs 50 --style none --export-json "$folder/hyperfine.json" -- "$*" >/dev/null 2>&1
        python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))["results"][0]
print("  %.1f ms at best, %.1f ms in the middle" % (r["min"] * 1e3, r["median"] * 1e3))' "$folder/hyperfine.json"
    fi
}

for contacts in 1000 100000; do
    export CASEYOS_HOME="$folder/home-$contacts"
    if [ ! -e "$CASEYOS_HOME/made" ]; then
        rm -rf "$CASEYOS_HOME"
        "$CASEYOS_BIN" init --yes --name 'Casey Rivera' --address casey@rivera.example --time-zone Europe/Madrid >/dev/null
        generate people "$contacts" 0 >"$folder/people-$contacts.csv"
        echo "import of $contacts rows"
        time "$CASEYOS_BIN" contacts import "$folder/people-$contacts.csv" >/dev/null
        echo "the same import again"
        time "$CASEYOS_BIN" contacts import "$folder/people-$contacts.csv" >/dev/null
        generate deals 10000 "$contacts" >"$folder/deals.jsonl"
        echo "10000 signals, each making a move"
        time "$CASEYOS_BIN" signals add --file "$folder/deals.jsonl" >/dev/null
        touch "$CASEYOS_HOME/made"
    fi
    measure "today, $contacts contacts, 10000 open moves" "$CASEYOS_BIN" today
    measure "search, $contacts contacts" "$CASEYOS_BIN" contacts search dana
done
