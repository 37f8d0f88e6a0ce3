"""Features of a reply, for the training of src/domain/email/trained.

The program computes the same in src/domain/email/trained/features.rs; training/vectors.json holds both to one answer. Only exact arithmetic
is used (integers, sums in a fixed order, square roots), so every machine finds the same numbers.
"""

import math
import os
import unicodedata
import zlib

LANGUAGES = "en de fr es pt it nl sv da no fi pl cs hu ro el ru tr ja zh ko".split()
HERE = os.path.dirname(os.path.abspath(__file__))
CONCEPTS = os.path.join(HERE, "..", "assets", "wish", "concepts.txt")

MAX_CHARS = 6000
MAX_SENTENCES = 40
MAX_TOKENS = 400
MAX_CLAUSES = 10
# What the loudest piece of a text adds to its score: a wish in the last clause of a long answer is a wish.
LOUDEST = 0.5
# Weight of each group of features; a group's features share it evenly, so a long text has no louder voice.
GROUPS = {"w": 1.0, "l": 0.5, "c": 1.5, "h": 0.6, "k": 1.2, "x": 1.0, "m": 0.6}

SPECIAL = {
    "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "ς": "σ",
    "`": "'", "´": "'", "ʼ": "'", "‘": "'", "’": "'", "‛": "'",
}
_folded = {}


def fold_char(c):
    out = _folded.get(c)
    if out is None:
        parts = []
        for d in unicodedata.normalize("NFKD", c):
            if unicodedata.category(d)[0] == "M":
                continue
            for e in d.lower():
                if unicodedata.category(e)[0] != "M":
                    parts.append(SPECIAL.get(e, e))
        out = _folded[c] = "".join(parts)
    return out


def fold(text):
    return text.lower() if text.isascii() else "".join(map(fold_char, text))


LETTER, IDEOGRAPH, SYMBOL = 1, 2, 3
DEVICES = ("iphone", "ipad", "android", "samsung", "galaxy", "outlook", "smartphone", "huawei", "xiaomi", "blackberry", "yahoo", "gmx")


def kind(c):
    """A letter or digit of a word, a character that is a word by itself, a symbol, or 0 for what parts words."""
    o = ord(c)
    if o < 0x80:
        return LETTER if c.isalnum() else 0
    if o < 0xC0 or o in (0xD7, 0xF7):
        return 0
    if 0x1F3FB <= o <= 0x1F3FF:
        return 0
    if 0x2600 <= o < 0x2C00 or o >= 0x1F000:
        return SYMBOL
    if 0x2000 <= o < 0x2600 or 0x3000 <= o < 0x3040 or 0xFE00 <= o < 0xFE70:
        return 0
    if 0x3040 <= o < 0x3100 or 0x3400 <= o < 0xA000 or 0xF900 <= o < 0xFB00:
        return IDEOGRAPH
    return LETTER


def closed_up(folded):
    """Letters that stand apart, three or more, are one word: "s t o p", "S-T-O-P"."""

    def single(i):
        return (
            i < len(folded) and kind(folded[i]) == LETTER and not "0" <= folded[i] <= "9"
            and (i + 1 >= len(folded) or kind(folded[i + 1]) != LETTER)
        )

    out, i = [], 0
    while i < len(folded):
        out.append(folded[i])
        if single(i) and (i == 0 or kind(folded[i - 1]) != LETTER):
            end = i
            while end + 2 < len(folded) and folded[end + 1] in " -." and single(end + 2):
                end += 2
            if end - i >= 4:
                out.extend(folded[i + 2 : end + 1 : 2])
                i = end
        i += 1
    return "".join(out)


def sentences(folded, marks=""):
    """The tokens of each sentence, with True for a question. `marks` part sentences too."""
    out, tokens, word, count = [], [], [], 0
    end = len(folded)

    def flush():
        if word:
            tokens.append("".join(word))
            word.clear()

    for i, c in enumerate(folded):
        if count > MAX_TOKENS:
            break
        k = kind(c)
        following = kind(folded[i + 1]) if i + 1 < end else 0
        if k == LETTER:
            word.append(c)
            continue
        if c in "'-" and word and following == LETTER:
            word.append(c)
            continue
        if word:
            count += 1
        flush()
        if k:
            tokens.append(c)
            count += 1
        elif c in ".!?;\n。" or c in marks:
            if c == "." and i + 1 < end and folded[i + 1] not in " \t\n":
                continue
            if tokens:
                out.append((tokens, c == "?"))
                tokens = []
            elif c == "?" and out:
                out[-1] = (out[-1][0], True)
    flush()
    if tokens:
        out.append((tokens, False))
    return out[:MAX_SENTENCES]


FROM_FIELDS = {
    fold(w)
    for w in (
        "from von de da van från fra od lähettäjä feladó kimden gönderen от 发件人 寄件者 差出人 送信者 送信元 보낸사람 από odesílatel "
        "expeditor expéditeur mittente remitente avsändare afsender nadawca"
    ).split()
} | {fold("보낸 사람")}
SPACE = " \t\u00a0"


def is_attribution(line):
    """A line such as "On 2 May 2026 at 10:31, Ann <ann@acme.example> wrote:"."""
    line = line.rstrip("*_ ")
    if len(line) > 200 or not line.endswith((":", "：")):
        return False
    digits = sum("0" <= c <= "9" for c in line)
    if digits < 3:
        return False
    if "@" in line or "<" in line or "20" in line:
        return True
    return any(
        "0" <= a <= "9" and b in ":." and "0" <= c <= "9" for a, b, c in zip(line, line[1:], line[2:])
    )


def field_name(line):
    """The folded name of a header field such as "From: ann", or None."""
    line = line.lstrip("* ")
    ends = [p for p in (line.find(":"), line.find("：")) if p >= 0]
    if not ends or min(ends) > 24:
        return None
    return fold(line[: min(ends)].strip("* " + SPACE))


def own(text, asked):
    """The writer's own lines, where what is left of a quote still stands among them."""
    lines = [l.strip(SPACE) for l in text[:MAX_CHARS].replace("\r", "").split("\n")]
    ours = fold(asked)
    out, some = [], False
    for i, line in enumerate(lines):
        if line.startswith(">"):
            continue
        if some:
            if line.startswith(("-----", "_____", "=====")):
                break
            name = field_name(line)
            if name in FROM_FIELDS:
                behind = [l for l in lines[i + 1 : i + 6] if l][:4]
                if sum(field_name(l) is not None for l in behind) >= 2:
                    break
        behind = any(lines[i + 1 : i + 4])
        two = line + " " + lines[i + 1] if line and i + 1 < len(lines) else ""
        if behind and (is_attribution(line) or is_attribution(two)):
            break
        if some and len(ours) >= 12 and ours in fold(line):
            continue
        # "Sent from my iPhone".
        if some and len(line) < 80 and "@" not in line and any(d in fold(line) for d in DEVICES):
            if not any(lines[i + 1 : i + 2]) or line.startswith(("Sent from", "Get ")):
                continue
        some = some or bool(line)
        out.append(line)
    return "\n".join(out)


class Concepts:
    """Words of one meaning across languages."""

    def __init__(self, path=CONCEPTS):
        self.tables, self.known, lang, names = {}, {}, None, []
        with open(path, encoding="utf8") as file:
            for line in file:
                line = line.strip()
                if not line or line.startswith("#"):
                    continue
                if line.startswith("["):
                    lang = line[1:-1]
                    self.tables[lang] = ({}, [])
                    continue
                name, words = line.split(":", 1)
                if name not in names:
                    names.append(name)
                whole, parts = self.tables[lang]
                for word in words.split():
                    if word.endswith("~") or lang in ("ja", "zh", "ko"):
                        parts.append((fold(word.rstrip("~")), name))
                    else:
                        found = whole.setdefault(fold(word), [])
                        if name not in found:
                            found.append(name)

    SYMBOLS = {
        "👍": ["yes"], "✅": ["yes"], "👌": ["yes"], "👎": ["no"], "🛑": ["stop"], "🚫": ["stop"], "❌": ["no"], "✋": ["stop"],
        "⛔": ["stop"], "🙅": ["no"], "🙏": ["please"],
    }

    def of_token(self, lang, token):
        key = (lang, token)
        found = self.known.get(key)
        if found is None:
            whole, parts = self.tables[lang]
            found = list(whole.get(token, ()))
            for start, name in parts:
                if token.startswith(start) and name not in found:
                    found.append(name)
            if not found and "-" in token:
                for part in token.split("-"):
                    for name in self.of_token(lang, part):
                        if name not in found:
                            found.append(name)
            if not found:
                found = self.SYMBOLS.get(token, [])
            self.known[key] = found
        return found

    def of(self, lang, tokens):
        """The concepts of a sentence in order, a list for each place that has some."""
        if lang not in ("ja", "zh", "ko"):
            return [c for c in (self.of_token(lang, t) for t in tokens) if c]
        joined = (" " if lang == "ko" else "").join(tokens)
        hits = []
        for n, (part, name) in enumerate(self.tables[lang][1]):
            at = joined.find(part)
            while at >= 0:
                # Places are compared in bytes, as the program counts them.
                hits.append((len(joined[:at].encode()), n, name))
                at = joined.find(part, at + 1)
        for token, names in self.SYMBOLS.items():
            at = joined.find(token)
            if at >= 0:
                hits.extend((len(joined[:at].encode()), 9999, name) for name in names)
        hits.sort()
        out, last = [], None
        for at, _, name in hits:
            if at != last:
                out.append([])
                last = at
            if name not in out[-1]:
                out[-1].append(name)
        return out


QUOTES = {'"': '"', "“": "”", "„": "“”", "«": "»", "「": "」", "『": "』"}


def words_told(asked):
    """The words that a mail tells to answer with, each as a sentence's tokens: in capitals, a number of one digit, or in quotes."""
    out, word = [], []
    for c in asked + " ":
        if c.isupper() or c.islower() or "0" <= c <= "9":
            word.append(c)
            continue
        if word:
            if (len(word) >= 2 and all(w.isupper() for w in word)) or (len(word) == 1 and "0" <= word[0] <= "9"):
                out.append([fold("".join(word))])
            word = []
    at = 0
    while at < len(asked):
        ends = QUOTES.get(asked[at])
        at += 1
        if ends is None:
            continue
        end = next((n for n in range(at, min(at + 40, len(asked))) if asked[n] in ends), None)
        if end is None:
            continue
        said = sentences(fold(asked[at:end]))
        if len(said) == 1 and len(said[0][0]) <= 4:
            out.append(said[0][0])
        at = end + 1
    return out


def repeats(tokens, told):
    """Whether a sentence holds the words that it was told to answer with, one behind the other."""
    return any(tokens[n : n + len(told)] == told for n in range(len(tokens) - len(told) + 1))


def grams(token, low, high):
    text = "_" + token + "_"
    for n in range(low, high + 1):
        for i in range(len(text) - n + 1):
            yield text[i : i + n]


def crc(text):
    return zlib.crc32(text.encode())


def polarity(concepts, lang, first):
    """p for a yes, n for a no, b for both in one word, o for neither, by what comes first in the first sentence."""
    for names in concepts.of(lang, first[: 14 if lang in ("ja", "zh") else 8]):
        yes, no = "yes" in names, "no" in names or "not" in names
        if yes or no:
            return "b" if yes and no else "p" if yes else "n"
    return "o"


def clauses(mine):
    """The pieces of a text that are weighed one by one: up to a mark that ends a sentence, or the line's end."""
    out, piece = [], []
    for c in mine:
        piece.append(c)
        if c in ".!?\n。！？":
            out.append("".join(piece).strip(SPACE + "\n"))
            piece = []
    out.append("".join(piece).strip(SPACE + "\n"))
    return [one for one in out if one][:MAX_CLAUSES]


def groups(concepts, lang, asked, mine):
    """The hashes of every feature of the writer's own lines, by group."""
    said = sentences(closed_up(fold(mine)))
    out = {name: set() for name in GROUPS}

    def add(group, feature):
        out[group].add(crc(group + feature))

    count = sum(len(tokens) for tokens, _ in said)
    for n, (tokens, asks) in enumerate(said):
        mark = "?" if asks else ""
        line = ["^"] + tokens + ["$" + mark]
        for i, word in enumerate(line):
            if 0 < i < len(line) - 1:
                add("w", word)
                add("l", lang + word)
            if i + 1 < len(line):
                add("w", word + " " + line[i + 1])
                add("l", lang + word + " " + line[i + 1])
            if i + 2 < len(line):
                add("w", word + " " + line[i + 1] + " " + line[i + 2])
                add("w", word + " * " + line[i + 2])
            if i + 3 < len(line):
                add("w", word + " ** " + line[i + 3])
        if n == 0 or n == len(said) - 1:
            place = "1" if n == 0 else "0"
            for i, word in enumerate(tokens):
                add("h", place + word)
                if i + 1 < len(tokens):
                    add("h", place + word + " " + tokens[i + 1])
        if lang in ("ja", "zh"):
            for gram in grams("".join(tokens), 2, 5):
                add("c", gram)
        else:
            for word in tokens:
                for gram in grams(word, 3, 6 if lang == "ko" else 5):
                    add("c", gram)
        found = concepts.of(lang, tokens)
        for i, names in enumerate(found):
            for a in names:
                add("k", a + mark)
                for d in (1, 2, 3):
                    for b in found[i + d] if i + d < len(found) else ():
                        add("k", a + ">" + b + mark)
                        if d == 1 and i + 2 < len(found):
                            for c in found[i + 2]:
                                add("k", a + ">" + b + ">" + c + mark)
        names = sorted({a for names in found for a in names})
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                add("k", a + "&" + b + mark)
            if n == 0:
                add("k", "1" + a)
    # What it answers.
    yes = polarity(concepts, lang, said[0][0] if said else [])
    size = next((n for n, top in enumerate((0, 2, 5, 10, 25, 60)) if count <= top), 6)
    first = len(said[0][0]) if said else 0
    short = first <= 8 and size <= 5
    tag = yes + ("s" if first <= 3 else "m" if first <= 8 else "l")
    question = sentences(fold(asked[-400:]))[-3:]
    for feature in (
        "bias", "size%d" % size, "yes" + yes, "tag" + tag, "asked%d" % bool(question), "lang" + lang,
        "asks%d" % min(3, sum(asks for _, asks in said)), "loud%d" % min(3, mine.count("!")),
        "lines%d" % min(5, mine.count("\n")),
    ):
        add("m", feature)
    for tokens, _ in question:
        found = concepts.of(lang, tokens)
        for i, names in enumerate(found):
            for a in names:
                add("x", tag + "~" + a)
                add("x", yes + "~" + a)
                for d in (1, 2):
                    for b in found[i + d] if i + d < len(found) else ():
                        add("x", yes + "~" + a + ">" + b)
        names = sorted({a for names in found for a in names})
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                add("x", yes + "~" + a + "&" + b)
        for i, word in enumerate(tokens):
            add("x", yes + "~w" + word)
            if short:
                add("x", tag + "~w" + word)
            if i + 1 < len(tokens):
                add("x", yes + "~w" + word + " " + tokens[i + 1])
        if lang in ("ja", "zh"):
            for gram in grams("".join(tokens), 2, 3):
                add("x", yes + "~c" + gram)
        elif short:
            for word in tokens:
                for gram in grams(word, 4, 5):
                    add("x", yes + "~c" + gram)
    # "Reply STOP": the word that it is told to answer with.
    if said and any(repeats(said[0][0], told) for told in words_told(asked[-400:])):
        for feature in ("told", "told" + ("?" if said[0][1] else "."), "told" + tag):
            add("x", feature)
    # "Reply 3 to be left in peace": what is said of the word that the answer repeats.
    if 1 <= count <= 3:
        answer = {t for tokens, _ in said for t in tokens}
        for tokens, _ in sentences(fold(asked[-400:]), ",:")[-6:]:
            if answer.isdisjoint(tokens):
                continue
            for word in tokens:
                add("x", "e" + word)
            for names in concepts.of(lang, tokens):
                for a in names:
                    add("x", "e~" + a)
    return out


def vector(hashed, bits):
    """The buckets and values of a text, in ascending order of buckets."""
    out = {}
    for name, weight in GROUPS.items():
        if not hashed[name]:
            continue
        value = weight / math.sqrt(len(hashed[name]))
        for h in hashed[name]:
            h &= (1 << bits) - 1
            out.setdefault(h, []).append(value)
    # Values that meet in one bucket are added smallest first, so that the order of sets does not tell.
    return sorted((h, sum_of(values)) for h, values in out.items())


def sum_of(values):
    total = 0.0
    for value in sorted(values):
        total += value
    return total


LANGUAGE_BITS = 13


def language_grams(text):
    """The buckets by which a language is told, with repetitions."""
    out = []
    for tokens, _ in sentences(fold(text[:1000])):
        for token in tokens:
            out.append(crc("=" + token) & ((1 << LANGUAGE_BITS) - 1))
            for gram in grams(token, 1, 4):
                out.append(crc(gram) & ((1 << LANGUAGE_BITS) - 1))
    return out
