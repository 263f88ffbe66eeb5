"""What the check of sentences catches: sentences of real articles as they are, and with one thing altered.

    python -m eval.benchmarks.altered

500 sentences of RealTimeQA 2024h1 and 2024h2, each before the passage that holds it, and 500 with another
figure, date or name, a third each: figures are reckoned, dates moved in time, and names come from another
article of the same half-year, where they stand several times; and 500 whose opening name is exchanged. Beside
them the paraphrases by hand of ``eval/gold/paraphrases.jsonl``, each before the passage around its source: a
first set of a hundred faithful and sixty unfaithful ones, which the check was mended by, and a second of 108
and 108, which it was not. A sentence is caught if no sentence of the passage bears it out.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks import realtimeqa
from eval.benchmarks.cold_start import machine
from eval.run import commit
from index.archive import Archive
from index.articles import Article, Passage
from index.sentences import sentences
from rag.evidence import Evidence
from rag.verify import best_support

PERIODS = ("2024h1", "2024h2")
SENTENCES = 500
AROUND = 500  # characters of an article before and after a sentence
SEEDS = Path(__file__).parent.parent.parent / "seeds"
PARAPHRASES = Path(__file__).parent.parent / "gold" / "paraphrases.jsonl"
KINDS = ("figure", "date", "name")

_MONTHS = "|".join(calendar.month_name[1:])
_DATE = re.compile(
    rf"\b(?P<month>{_MONTHS}) (?P<day>[12]\d|3[01]|[1-9])\b(?:, (?P<year>(?:19|20)\d\d))?(?![\d:])"
)
_FIGURE = re.compile(r"(?<![\w.,:/-])\d{1,3}(?:,\d{3})+|(?<![\w.,:/-])\d{1,4}(?:\.\d+)?(?![\w,:/-]|\.\d)")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}(?![\w’'-])")
_INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")
_SMALL = re.compile(r"\b[a-z]{3,}\b")
_OPENING = re.compile(r"([A-Z][a-z]+) (?:said|says|has|was|is|will|won|told|had|also|and|did)\b")


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and the passage that it is said to come from; ``kind`` is what was altered, or "as it is"."""

    kind: str
    sentence: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """A sentence in other words than its source, whether it is faithful, and the set that it is of."""

    told: Told
    faithful: bool
    set: str


def told(seed: int = 0) -> list[Told]:
    """Half as they are, half altered, the same ones each time. Raises SourceNotFound if the data is not there."""
    chance = random.Random(seed)
    rows = [row for period in PERIODS for row in realtimeqa.rows("articles", period)]
    chance.shuffle(rows)
    names = [some for row in rows[:1500] if (some := _often(row["text"]))]
    found: dict[str, list[Told]] = {"as it is": [], **{kind: [] for kind in KINDS}}
    most = {"as it is": SENTENCES, **{kind: -(-SENTENCES // len(KINDS)) for kind in KINDS}}
    for row in rows:
        wanted = [kind for kind in found if len(found[kind]) < most[kind]]
        if not wanted:
            break
        kind = chance.choice(wanted)
        for start, end in _suited(row["text"], chance):
            sentence = " ".join(row["text"][start:end].split())
            said = sentence if kind == "as it is" else _altered(kind, sentence, row["text"], names, chance)
            if said:
                found[kind].append(Told(kind, said, around(row, start, end)))
                break
    return [each for some in found.values() for each in some][: 2 * SENTENCES]


def around(row: dict[str, Any], start: int, end: int) -> Evidence:
    """The passage of an article around a span, of whole sentences."""
    text = row["text"]
    spans = [(a, b) for a, b in sentences(text) if b > start - AROUND and a < end + AROUND]
    article = Article(text, id=row["id"], title=row.get("title", ""), date=row.get("date"))
    first, last = spans[0][0], spans[-1][1]
    return Evidence(article, Passage(article.id, first, last, text[first:last]), 1.0)


def paraphrases() -> Iterator[Paraphrase]:
    """The paraphrases by hand. Raises SourceNotFound if the data is not there."""
    lines = [json.loads(line) for line in PARAPHRASES.read_text(encoding="utf-8").splitlines()]
    periods = sorted({each["period"] for each in lines} - {"seeds"})
    rows = {row["id"]: row for period in periods for row in realtimeqa.rows("articles", period)}
    rows |= {article.id: {"id": article.id, "text": article.text} for article in _seeds()}
    for each in lines:
        evidence = around(rows[each["article"]], each["start"], each["end"])
        told = Told(each["change"], each["sentence"], evidence)
        yield Paraphrase(told, each["faithful"], "second" if each["id"].startswith("f") else "first")


def _seeds() -> list[Article]:
    """The articles that come with citedesk, as an archive stores them."""
    with tempfile.TemporaryDirectory() as folder, Archive.open(folder) as archive:
        archive.sync(SEEDS)
        return list(archive.articles())


def _suited(text: str, chance: random.Random) -> list[tuple[int, int]]:
    spans = [
        (a, b)
        for a, b in sentences(text)
        if 60 <= b - a <= 300 and text[a].isupper() and text[b - 1] in '.”"'
    ]
    return chance.sample(spans, min(12, len(spans)))


def _often(text: str) -> list[str]:
    """Names of several words that an article says more than once."""
    return [name for name, times in Counter(_NAME.findall(text)).items() if times > 1]


def _altered(
    kind: str, sentence: str, text: str, names: Sequence[Sequence[str]], chance: random.Random
) -> str | None:
    if kind == "figure":
        return _swapped(_FIGURE, sentence, lambda m: _reckoned(m.group(), chance), chance)
    if kind == "date":
        return _swapped(_DATE, sentence, lambda m: _moved(m, chance), chance)
    others = [name for name in chance.choice(names) if not any(word in text for word in name.split())]
    return _swapped(_NAME, sentence, lambda m: chance.choice(others), chance) if others else None


def _swapped(
    pattern: re.Pattern[str], sentence: str, new: Callable[[re.Match[str]], str], chance: random.Random
) -> str | None:
    """A sentence with one of the places of a pattern exchanged."""
    places = list(pattern.finditer(sentence))
    if not places:
        return None
    place = chance.choice(places)
    return sentence[: place.start()] + new(place) + sentence[place.end() :]


def _reckoned(figure: str, chance: random.Random) -> str:
    """Another figure of the same form: a year some years off, any other half as much again, or a few more."""
    value = float(figure.replace(",", ""))
    if re.fullmatch(r"(?:19|20)\d\d", figure):
        return str(int(value) + chance.choice((-4, -1, 1, 2)))
    new = chance.choice((value * 1.5, value * 2, value + 3, value * 0.8 + 1))
    if "." in figure:
        return f"{new:.1f}"
    whole = round(new) if round(new) != value else round(new) + 1
    return f"{whole:,}" if "," in figure else str(whole)


def _moved(match: re.Match[str], chance: random.Random) -> str:
    """A date some days or months off."""
    month = list(calendar.month_name).index(match["month"])
    year = int(match["year"] or 2023)
    day = dt.date(year, month, min(int(match["day"]), 28)) + dt.timedelta(
        chance.choice((-35, -9, -1, 2, 6, 31, 60))
    )
    return f"{day:%B} {day.day}" + (f", {day.year}" if match["year"] else "")


def openings() -> list[Told]:
    """News sentences whose first word, a name, is exchanged for another. Raises SourceNotFound.

    Names are words that these articles write large in mid-sentence, and hardly ever small.
    """
    chance = random.Random(3)
    rows = [row for period in PERIODS for row in realtimeqa.rows("articles", period)]
    chance.shuffle(rows)
    large, small = Counter[str](), Counter[str]()
    for row in rows[:2500]:
        large.update(_INSIDE.findall(row["text"]))
        small.update(word.capitalize() for word in _SMALL.findall(row["text"]))
    names = [word for word, times in large.items() if times > 15 and small[word] < times / 20]
    known, found = set(names), list[Told]()
    for row in rows:
        for start, end in sentences(row["text"]):
            sentence, other = " ".join(row["text"][start:end].split()), chance.choice(names)
            match = _OPENING.match(sentence)
            whole = 60 <= len(sentence) <= 300 and sentence[-1] in '.”"'
            if match and whole and match[1] in known and other not in row["text"]:
                found.append(Told("opening name", other + sentence[match.end(1) :], around(row, start, end)))
                break
        if len(found) == SENTENCES:
            break
    return found


def main() -> None:
    """Measure and print."""
    caught: dict[str, list[bool]] = {}
    for some in (*told(), *openings()):
        caught.setdefault(f"news, {some.kind}", []).append(_fails(some))
    for each in paraphrases():
        name = f"{'faithful' if each.faithful else 'unfaithful'} paraphrases, {each.set} set"
        rows = [name] if each.set == "second" else [name, f"{name}: {each.told.kind}"]
        for row in rows:
            caught.setdefault(row, []).append(_fails(each.told))
    altered = [fails for kind in KINDS for fails in caught[f"news, {kind}"]]
    print(
        f"| sentences | n | found unsupported |\n|---|---|---|\n| news, altered | {len(altered)} | {_share(altered)} |"
    )
    for row in sorted(caught):
        print(f"| {row} | {len(caught[row])} | {_share(caught[row])} |")
    print("command: python -m eval.benchmarks.altered")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


def _fails(each: Told) -> bool:
    return best_support(each.sentence, each.evidence) is None


def _share(fails: Sequence[bool]) -> str:
    return f"{100 * sum(fails) / len(fails):.1f}%"


if __name__ == "__main__":
    main()
