"""Checks that the doc comments in src/ name things: few lines may begin with what, when, whether, it or if (see STYLE.md)."""

import collections
import pathlib
import re
import sys

LIMIT = 8.0  # per cent of all doc lines that begin with a letter
LINE = re.compile(r"\s*//[/!]\s*([A-Za-z]+)")
VAGUE = {"what", "when", "whether", "it", "if"}


def main():
    source = pathlib.Path(__file__).resolve().parent.parent / "src"
    lines, vague = collections.Counter(), collections.Counter()
    for path in source.rglob("*.rs"):
        room = path.relative_to(source).parts[0]
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := LINE.match(line):
                lines[room] += 1
                vague[room] += match.group(1).lower() in VAGUE
    print(f"{'room':<14}{'lines':>6}{'vague':>6}   share")
    for room in sorted(lines):
        print(f"{room:<14}{lines[room]:>6}{vague[room]:>6}{share(vague[room], lines[room]):>6.1f} %")
    whole = share(vague.total(), lines.total())
    print(f"{'all':<14}{lines.total():>6}{vague.total():>6}{whole:>6.1f} %")
    if whole >= LIMIT:
        sys.exit(f"{whole:.1f} % of the doc lines begin with what, when, whether, it or if; the limit is {LIMIT:.0f} %.")


def share(part, whole):
    return 100 * part / whole if whole else 0.0


main()
