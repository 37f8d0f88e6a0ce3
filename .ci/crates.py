"""Checks the crates that are built: their licences, and that none stands twice in the program.

The licences are those of every crate on every platform, tests included. A crate that stands twice costs build time and size, so
within the program (normal and build dependencies) each needs a reviewed reason below; a reason that is no longer needed fails too.
"""

import re
import subprocess
import sys
from collections import defaultdict

ALLOWED = {
    "MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause", "ISC",
    "Unlicense", "Zlib", "Unicode-3.0", "Unicode-DFS-2016", "0BSD", "CC0-1.0", "BSL-1.0",
}
# Licences that only these crates may have, with the reason.
ALLOWED_FOR = {
    ("nucleo-matcher", "MPL-2.0"): "file-level copyleft; used unchanged",
    ("webpki-root-certs", "CDLA-Permissive-2.0"): "a list of certificates, no code; used on platforms without a store of their own",
}
# Crates that may stand twice, with the reason.
TWICE = {
    "async-channel": "async-imap is still at 1",
    "event-listener": "through async-imap's async-channel 1",
    "thiserror": "async-imap's helpers are still at 1",
    "thiserror-impl": "through thiserror",
    "syn": "build time only: clap_derive, thiserror and serde are at 3, derive_more, hashify and strum_macros still at 2",
}


def tree(edges):
    """Yields (name, version, licence) of each crate, once."""
    out = subprocess.run(
        ["cargo", "tree", "--locked", "--target", "all", "-e", edges, "--prefix", "none", "-f", "{p}|{l}"],
        check=True, capture_output=True, text=True,
    ).stdout
    seen = set()
    for line in out.splitlines():
        package, _, licence = line.removesuffix(" (*)").partition("|")
        name, version = package.split()[:2]
        seen.add((name, version, licence))
    return sorted(seen)


def is_allowed(name, licence):
    """Evaluates an SPDX expression; cargo's old `A/B` means `A OR B`."""
    tokens = re.findall(r"\(|\)|[^\s()]+", licence.replace("/", " OR "))

    def any_of():
        good = all_of()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            good = all_of() or good
        return good

    def all_of():
        good = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            good = one() and good
        return good

    def one():
        token = tokens.pop(0)
        if token == "(":
            good = any_of()
            tokens.pop(0)
            return good
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            token += " WITH " + tokens.pop(0)
        return token in ALLOWED or (name, token) in ALLOWED_FOR

    try:
        return any_of() and not tokens
    except IndexError:
        return False


def main():
    wrong = []
    everything = tree("normal,build,dev")
    for name, version, licence in everything:
        if not is_allowed(name, licence):
            wrong.append(f"{name} {version} has the licence {licence or '(none named)'}, which is not on the list.")

    versions = defaultdict(set)
    program = tree("normal,build")
    for name, version, _ in program:
        versions[name].add(version)
    twice = {name for name, found in versions.items() if len(found) > 1}
    for name in sorted(twice - TWICE.keys()):
        wrong.append(f"{name} stands more than once: {', '.join(sorted(versions[name]))}.")
    for name in sorted(TWICE.keys() - twice):
        wrong.append(f"{name} stands only once now: take its exception out of .ci/crates.py.")

    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"{len(everything)} crates have allowed licences; of the program's {len(program)}, {len(twice)} stand twice for a reason:")
    for name in sorted(twice):
        print(f"  {name} {', '.join(sorted(versions[name]))}: {TWICE[name]}")


main()
