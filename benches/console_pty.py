#!/usr/bin/env python3
"""Drives the real program on a pseudo-terminal and measures it from outside.

    cargo build --release
    python3 benches/console_pty.py target/release/caseyos                # 100,000 contacts, 10,000 moves, 1,000,000 signals
    python3 benches/console_pty.py target/release/caseyos --small        # 1,000, 100 and 10,000: a try
    python3 benches/console_pty.py target/release/caseyos --home DIR     # keeps the world in DIR and uses it again

The world is made by the program itself (contacts import, signals add); the many signals are then put into its database as rows of the same
shape, since nobody waits for a million of them. It measures and prints, one figure a line:

  first frame     from the start of the process to the first full screen
  NAME key        from a key to the last byte of the frame that it caused: p50, p99, most; on every screen, while another process syncs
  search          the same for the letters of searches on Contacts
  resident        VmRSS after all of it, in MB
  idle            share of one core over ten seconds without keys, in percent

Exit code 1 if a figure misses its bound: first frame 150 ms, key p99 16 ms, search p99 30 ms, resident 80 MB, idle 1 %.
Only the standard library is used. Linux only: it reads /proc.
"""
import argparse
import fcntl
import os
import pty
import random
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time

FIRST = ["Dana", "Omar", "Lena", "Mateo", "Ingrid", "Zoe", "Pavel", "Aiko", "Bruno", "Chloe"]
LAST = ["Ruiz", "Haddad", "Fox", "Alvarez", "Larsen", "Nakamura", "Muller", "Okafor", "Petrov", "Quinn"]
FIRM = ["Northwind", "Kite", "Brightfield", "Lumen", "Harbor", "Quartz", "Silverline", "Tidal", "Umber", "Vertex"]


def make_world(program, home, contacts, moves, signals):
    env = dict(os.environ, CASEYOS_HOME=home)
    run = lambda *args: subprocess.run([program, *args], env=env, check=True, stdout=subprocess.DEVNULL)
    run("init", "--yes", "--name", "Casey Rivera", "--address", "casey@rivera.example", "--time-zone", "Europe/Madrid")
    people = os.path.join(home, "people.csv")
    with open(people, "w") as f:
        f.write("First Name,Last Name,Email,Company\n")
        for n in range(contacts):
            f.write(f"{FIRST[n % 10]},{LAST[n // 10 % 10]}{n},p{n}@firm{n % 9973}.example,{FIRM[n // 100 % 10]} {n % 9973}\n")
    run("contacts", "import", people)
    lines = os.path.join(home, "deals.jsonl")
    now = time.time()
    with open(lines, "w") as f:
        for n in range(moves):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 60 * (n % 10_000) - 60))
            f.write(
                '{"source":"hubspot","kind":"hubspot.deal_created","external_id":"d%d","at":"%s","email":"p%d@firm%d.example",'
                '"payload":{"deal_name":"Deal %d","amount":%d,"stage":"qualifiedtobuy"}}\n'
                % (n, at, n * 7 % contacts, n * 7 % contacts % 9973, n, 1000 + n * 13 % 90_000)
            )
    run("signals", "add", "--file", lines)
    # `home` may hold the database itself or in a folder of it.
    found = [os.path.join(d, f) for d, _, files in os.walk(home) for f in files if f == "caseyos.db"]
    db = sqlite3.connect(found[0])
    base = int(now * 1000)
    with db:
        db.executemany(
            "INSERT INTO signal (source, external_id, kind, version, occurred_at, seen_at, email, contact_id, state, payload, hash)"
            " VALUES ('web', ?, 'form.submitted', 0, ?, ?, ?, ?, 'matched', ?, ?)",
            (
                (
                    f"x{n}",
                    base - n * 1000,
                    base - n * 1000,
                    f"p{n % contacts}@firm{n % contacts % 9973}.example",
                    1 + n % contacts,
                    '{"form":"contact","message":"a question about prices, number %d"}' % n,
                    struct.pack(">QQQQ", n, 1, 2, 3),
                )
                for n in range(signals)
            ),
        )
    db.close()


class Terminal:
    def __init__(self, program, home, width=140, height=44):
        self.begun = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(CASEYOS_HOME=home, TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(program, [program])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, quiet, most=2.0):
        """Reads until nothing comes for `quiet` seconds; returns the bytes and when the last of them came."""
        out, last, end = b"", None, time.perf_counter() + most
        while time.perf_counter() < end:
            ready, _, _ = select.select([self.fd], [], [], quiet)
            if not ready:
                break
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                break
            if not part:
                break
            out += part
            last = time.perf_counter()
        return out, last

    def until(self, wanted, most=10.0):
        out, end = b"", time.perf_counter() + most
        while wanted not in out and time.perf_counter() < end:
            part, _ = self.read(0.001, 0.05)
            out += part
        return out

    def key(self, key, quiet=0.012):
        self.read(0, 0.05)
        sent = time.perf_counter()
        os.write(self.fd, key.encode())
        # The first bytes are the answer to the key; what the jobs bring later is a frame of its own.
        ready, _, _ = select.select([self.fd], [], [], 0.5)
        if not ready:
            return None
        os.read(self.fd, 65536)
        first = time.perf_counter()
        self.read(quiet, 0.1)
        return (first - sent) * 1000

    def resident(self):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def cpu(self):
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        try:
            os.write(self.fd, b"\x1bq")
            time.sleep(0.3)
            os.kill(self.pid, signal.SIGTERM)
        except OSError:
            pass
        os.waitpid(self.pid, 0)


def share(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] if times else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--home")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--keys", type=int, default=150, help="keys a screen")
    args = parser.parse_args()
    contacts, moves, signals = (1_000, 100, 10_000) if args.small else (100_000, 10_000, 1_000_000)
    home = args.home or tempfile.mkdtemp(prefix="caseyos-console-")
    program = os.path.abspath(args.program)
    if not os.path.exists(os.path.join(home, "people.csv")):
        os.makedirs(home, exist_ok=True)
        begun = time.perf_counter()
        make_world(program, home, contacts, moves, signals)
        print(f"world made in {time.perf_counter() - begun:.1f} s in {home}")
    missed = []

    def tell(name, value, unit, bound):
        ok = value <= bound
        print(f"{name:<22} {value:8.2f} {unit:<4} (bound {bound}) {'' if ok else 'MISSED'}", flush=True)
        if not ok:
            missed.append(name)

    terminal = Terminal(program, home)
    out = terminal.until("Moves".encode())
    if b"Moves" not in out:
        sys.exit(f"no first frame: {out[-300:]!r}")
    tell("first frame", (time.perf_counter() - terminal.begun) * 1000, "ms", 150)
    terminal.read(0.3, 3)
    dice = random.Random(7)
    env = dict(os.environ, CASEYOS_HOME=home)
    for name, go in [("today", "gt"), ("signals", "gs"), ("contacts", "gc"), ("pipeline", "gp"),
                     ("metrics", "gm"), ("sync", "gy"), ("log", "gl"), ("rules", "gr")]:
        # A pass of another process writes meanwhile.
        other = subprocess.Popen([program, "sync"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times = [terminal.key(letter) for letter in go]
        terminal.read(0.05, 1)
        for _ in range(args.keys):
            times.append(terminal.key(dice.choice("jjjjjkk\x04\x15\tG")))
        other.wait()
        times = [t for t in times if t is not None]
        print(f"{name + ' key p50':<22} {share(times, 0.5):8.2f} ms   of {len(times)}, most {max(times, default=0):.2f}")
        tell(f"{name} key p99", share(times, 0.99), "ms", 16)
        os.write(terminal.fd, b"\x1b")
        terminal.read(0.1, 1)
    for letter in "gc/":
        terminal.key(letter)
    times = []
    for word in ["dana", "ruiz7", "kite", "p123", "quinn9", "harbor 4", "firm77"]:
        for letter in word:
            times.append(terminal.key(letter))
            # The answer of the search is a frame after the one that shows the letter; both count.
        for _ in word:
            terminal.key("\x7f")
    times = [t for t in times if t is not None]
    tell("search key p99", share(times, 0.99), "ms", 30)
    os.write(terminal.fd, b"\x1b")
    terminal.read(0.5, 2)
    tell("resident", terminal.resident(), "MB", 80)
    os.write(terminal.fd, b"gt")
    terminal.read(1.0, 4)
    before, begun = terminal.cpu(), time.perf_counter()
    while time.perf_counter() < begun + 10:
        terminal.read(0.5, 1)
    tell("idle", (terminal.cpu() - before) / (time.perf_counter() - begun) * 100, "%", 1)
    terminal.end()
    sys.exit(1 if missed else 0)


main()
