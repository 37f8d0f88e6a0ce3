#!/usr/bin/env bash
# Measures the whole program from outside: instructions (they repeat, whatever else the machine does), memory and time of a cold
# `caseyos today` at 1,000 and 100,000 contacts with 10,000 open moves, the processor time of an import, and a first reading of a HubSpot
# portal of 100,000 contacts from `caseyos world`, which is another process, with a pass after it that finds nothing new.
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
export CASEYOS_NOW=2026-11-24T12:00:00Z CASEYOS_PRACTICE=1 CASEYOS_SEED=7
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

# A first reading, with when each kind of record was done: its mark in the database says so.
reading() { # portal's folder
    python3 - "$CASEYOS_BIN" "$1" <<'PY'
import os, resource, sqlite3, subprocess, sys, time
program, home = sys.argv[1:3]
tick = os.sysconf("SC_CLK_TCK")

def processor(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / tick

began = time.monotonic()
child = subprocess.Popen([program, "sync", "--source", "hubspot"], stdout=subprocess.DEVNULL)
base = sqlite3.connect(f"file:{home}/caseyos.db?mode=ro", uri=True)
marks = "SELECT kind, (SELECT count(*) FROM hubspot_object o WHERE o.kind = s.kind) FROM hubspot_sweep s WHERE done_at IS NOT NULL"
done, last, spent = {}, (0.0, 0.0), 0.0
while child.poll() is None:
    try:
        spent = processor(child.pid) or spent
    except (OSError, IndexError):
        pass
    for kind, n in base.execute(marks).fetchall() if len(done) < 3 else []:
        if kind in ("companies", "contacts", "deals") and kind not in done:
            done[kind], here = n, (time.monotonic() - began, spent)
            wall, used = here[0] - last[0], max(here[1] - last[1], 0.01)
            print(f"  {n} {kind}: {wall:.2f} s in all, {n / wall:.0f} a second; {used:.2f} s of processor, {n / used:.0f} a second of it")
            last = here
    time.sleep(0.02)
wall, usage = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
used, total = usage.ru_utime + usage.ru_stime, sum(done.values())
print(f"  {total} records: {wall:.2f} s in all, {total / wall:.0f} a second; {used:.2f} s of processor, {total / used:.0f} a second of it")
print(f"  {usage.ru_maxrss / 1024:.1f} MB resident at most")
PY
}

unset CASEYOS_NOW CASEYOS_PRACTICE CASEYOS_SEED
portal=(--json --port 0 --contacts 100000)
"$CASEYOS_BIN" world "${portal[@]}" >"$folder/world.json" &
world=$!
trap 'kill "$world" 2>/dev/null; [ -n "${1:-}" ] || rm -rf "$folder"' EXIT
until [ -s "$folder/world.json" ]; do sleep 0.1; done
url="$(python3 -c 'import json, sys; print(json.loads(open(sys.argv[1]).readline())["url"])' "$folder/world.json")"
export CASEYOS_HOME="$folder/portal" CASEYOS_HUBSPOT_TOKEN=world-hubspot-token
rm -rf "$CASEYOS_HOME"
"$CASEYOS_BIN" init --yes --name 'Casey Rivera' --address casey@rivera.example --time-zone Europe/Madrid >/dev/null
# The budgets are lifted.
python3 - "$CASEYOS_HOME/config.toml" "$url" <<'PY'
import re, sys
text = re.sub(r"(?ms)^\[hubspot\]$.*?(?=^\[)", "", open(sys.argv[1]).read())
table = f'\n[hubspot]\nurl = "{sys.argv[2]}"\nper_second = 0\nper_ten_seconds = 0\nsearches_per_second = 0\n'
open(sys.argv[1], "w").write(text + table)
PY
echo "first reading of a portal of 100000 contacts"
reading "$CASEYOS_HOME"
measure "a pass that finds nothing new" "$CASEYOS_BIN" sync
