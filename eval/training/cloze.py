"""Questions made of news sentences, answered by other articles.

A sentence of one article, with a name or figure in it replaced by a question word, is asked of the archive;
a passage of another article that holds the same name or figure beside the same words answers it, and the
passages found before it that lack it do not (after Lewis et al., ACL 2019, and Fabbri et al., ACL 2020).
"""

from __future__ import annotations

import calendar
import datetime as dt
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval.training.examples import Example, Span, example
from eval.training.news import own_title
from index.archive import Archive
from index.articles import Article, DateRange, ScoredPassage
from index.sentences import sentences
from rag.words import word_set

_NAME = re.compile(
    r"(?<![\w’'.-])(?:[A-Z][\w’'&.-]*[\w])(?:\s+(?:(?:of|the|de|van|von|bin|al|and)\s+)?[A-Z][\w’'&.-]*[\w])*"
)
_FIGURE = re.compile(
    r"(?<![\w.,-])([$£€]?\d[\d,.]*\d|[$£€]?\d)(?:(\s?%| percent| per cent)|( (?:million|billion|trillion))?)(?![\w%-])"
)
_COUNT = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds|thousands)\b(?= [a-z]{4,})"
)
_FULL_NAME = re.compile(r"\b([A-Z][a-z]{2,}) [A-Z][a-z]+\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTHS = frozenset(calendar.month_name[1:])
_DAYS = frozenset(calendar.day_name)
_NOT_NAMES = word_set(
    """
    A AFP AP Advertisement After All Also Although An And Are As At BBC Because Before Between Both But By CNN
    Can Click Copyright Credit Do Does Dr During Each Even First Follow For From Getty He Her Here His How
    However I If Image Images In Is It Its Just Last Let Like Many Meanwhile More Most Mr Mrs Ms My No Not Now
    Of On Once One Or Our Over Photo Published Read Related Reuters See She Sign Since So Some Still Subscribe
    That The Their Then There These They This Those Three To Two U.S Under Until Updated Video Was Watch We
    Were What When While Who Why Will With Yes You Your According
    """
)
_TITLES = (
    r"(?:President|Minister|Secretary|Senator|Sen\.|Rep\.|Gov\.|Governor|Mayor|Judge|Justice|actor|actress|singer|star|"
    r"author|director|coach|King|Queen|Prince|Princess|Pope|Chancellor|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Chief|General|leader|CEO|"
    r"spokesman|spokeswoman|comedian|rapper|player|quarterback|champion|founder|billionaire|attorney)"
)
_TITLED = re.compile(_TITLES + r"\s*$")
_SPEAKS = re.compile(
    r"\s*(?:,\s*\d{1,2}\s*,|\s*,?\s*(?:said|says|told|who|wrote|tweeted|announced|added|argued|wins?|won|died)\b)"
)
_PLACED = re.compile(r"\b(in|at|near|from|outside|across|to|into|around)\s+(?:the\s+)?$")
_CLAUSE = re.compile(r"[;:—–]|, (?:which|who|while|but|and|as|after|when)\b|[“”\"]")
_ASKING = {
    "who": ["who"],
    "where": ["where", "which place", "which city", "which country", "what place"],
    "what": ["what", "which one", "which", "which company", "which group", "what organization"],
    "when": ["when", "what date"],
    "how many": ["how many"],
    "how much": ["how much", "how much money", "what amount"],
    "percent": ["what percentage", "what share", "how much"],
}
_STOP = word_set(
    "the a an of in on at to and for by with from is was were are be been has have had that this it its as or not but "
    "they their his her he she who which what will would said says after before about into over more than"
)
_NEAR_DAYS, _HITS, _SENTENCES, _NEGATIVES = 20, 30, 12, 3


@dataclass(frozen=True, slots=True)
class Cloze:
    """A question made of a sentence, with passages that answer it (and where) and passages that do not."""

    question: str
    holding: list[tuple[ScoredPassage, Span]]
    lacking: list[ScoredPassage]


class Usage:
    """How the names of an archive are used: as persons who speak and bear titles, or as places."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._person, self._first = Counter[str](), Counter[str]()
        self._place, self._whole = Counter[str](), Counter[str]()
        self._leading: set[str] = set()
        for article in articles:
            self._leading |= set(_FULL_NAME.findall(article.text))
            for match in _NAME.finditer(article.text):
                name, (start, end) = match.group(), match.span()
                first = name.split()[0]
                self._first[first] += 1
                self._whole[name] += 1
                before = article.text[max(0, start - 20) : start]
                self._person[first] += bool(_SPEAKS.match(article.text, end) or _TITLED.search(before))
                self._place[name] += bool(_PLACED.search(before[-14:]))

    def leads(self, word: str) -> bool:
        """Whether a word is ever followed by another capitalised one, as a first name is."""
        return word in self._leading

    def kind(self, text: str, start: int, end: int) -> str:
        """What a name in a sentence is asked for by."""
        name = text[start:end]
        first = name.split()[0]
        if name in _MONTHS or _YEAR.fullmatch(name):
            return "when"
        person = self._person[first] / self._first[first] if self._first[first] >= 3 else 0
        place = self._place[name] / self._whole[name] if self._whole[name] >= 3 else 0
        if _TITLED.search(text[max(0, start - 20) : start]):
            return "who"
        if person >= 0.2 and place < 0.3 and not name.isupper():
            return "who"
        return "where" if place >= 0.3 and _PLACED.search(text[max(0, start - 14) : start]) else "what"


def words(text: str) -> set[str]:
    """The words of a text that tell it apart."""
    return {w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in _STOP}


def examples(archive: Archive, name: str, chance: random.Random) -> tuple[list[Example], list[Example]]:
    """Examples with and without an answer over an archive; ``name`` seeds which sentences are asked."""
    holding: list[Example | None] = []
    lacking: list[Example | None] = []
    title = {a.id: a.title for a in archive.articles()}

    def made(question: str, hit: ScoredPassage, span: Span | None) -> Example | None:
        text, shown = hit.passage.text, ""
        if chance.random() < 0.7:
            shown = own_title(title[hit.passage.article_id], text)
        return example(question, text, span, chance, title=shown)

    for cloze in clozes(archive, random.Random(name)):
        holding += [made(cloze.question, hit, span) for hit, span in cloze.holding]
        lacking += [made(cloze.question, hit, None) for hit in cloze.lacking[:2]]
    return [e for e in holding if e], [e for e in lacking if e]


def clozes(archive: Archive, chance: random.Random) -> list[Cloze]:
    """A question of each suitable sentence whose answer another article holds, up to twelve an article."""
    articles = [a for a in archive.articles() if a.date and len(a.text) > 600]
    usage = Usage(articles)
    chance.shuffle(articles)
    found = []
    for article in articles:
        body = article.text[article.body_start :]
        suited = [
            (a, b)
            for a, b in sentences(body)[:40]
            if 60 <= b - a <= 260 and body[a].isupper() and body[b - 1] in '.”"'
        ]
        chance.shuffle(suited)
        for start, end in suited[:_SENTENCES]:
            if made := _cloze(archive, article, " ".join(body[start:end].split()), usage, chance):
                found.append(made)
    return found


def _cloze(
    archive: Archive, article: Article, sentence: str, usage: Usage, chance: random.Random
) -> Cloze | None:
    choices = candidates(sentence, usage, chance)
    if not choices:
        return None
    start, end, kind = chance.choice(choices)
    answer = sentence[start:end].strip()
    asked = question(sentence, start, end, kind, chance)
    if not 7 <= len(asked.split()) <= 30 or "CNN" in asked or answer.lower() in asked.lower():
        return None
    assert article.date is not None
    around = dt.timedelta(_NEAR_DAYS)
    hits = archive.search(asked, _HITS, published=DateRange(article.date - around, article.date + around))
    stands = re.compile(r"(?<!\w)" + re.escape(answer) + r"(?!\w)")
    telling = words(asked)
    holding: list[tuple[ScoredPassage, Span]] = []
    lacking: list[ScoredPassage] = []
    for rank, hit in enumerate(hits):
        text = hit.passage.text
        if stands.search(text):
            copied = hit.passage.article_id == article.id or sentence[:50] in text
            if not copied and len(holding) < 2 and (span := _answering(hit, stands, telling)):
                holding.append((hit, span))
        elif rank < 12 and len(lacking) < _NEGATIVES and answer.split()[-1].lower() not in text.lower():
            lacking.append(hit)
    return Cloze(asked, holding, lacking) if holding else None


def _answering(hit: ScoredPassage, stands: re.Pattern[str], telling: set[str]) -> Span | None:
    """Where the answer stands in the sentence nearest to the question, if that is near enough."""
    text = hit.passage.text
    shared, start, end = max(
        ((len(telling & words(text[a:b])), a, b) for a, b in sentences(text) if stands.search(text, a, b)),
        default=(0, 0, 0),
    )
    near = len(telling & words(text)) / max(1, len(telling)) >= 0.4 and hit.dense >= 0.45
    place = stands.search(text, start, end) if near and shared >= 3 else None
    return place.span() if place else None


def candidates(sentence: str, usage: Usage, chance: random.Random) -> list[tuple[int, int, str]]:
    """The names and figures of a sentence: start, end, and what each is asked for by."""
    found = []
    for match in _NAME.finditer(sentence):
        start, end = match.span()
        parts = match.group().split()
        while parts and (parts[0] in _NOT_NAMES or parts[0] in _DAYS):
            start += len(parts[0])
            start += len(sentence[start:end]) - len(sentence[start:end].lstrip())
            parts = parts[1:]
        name = sentence[start:end]
        dated = name in _MONTHS or name in _DAYS
        if not parts or dated or not 3 <= len(name) <= 45 or name.rstrip(".") in _NOT_NAMES:
            continue
        if name.endswith(("’s", "'s")):
            end -= 2
            name = sentence[start:end]
        opens = start == 0 and " " not in name and not name.isupper()
        if opens and not usage.leads(name) and chance.random() < 0.7:
            continue  # mostly a word that is capitalised because it comes first
        found.append((start, end, usage.kind(sentence, start, end)))
    for match in _FIGURE.finditer(sentence):
        text, end = match.group().strip(), match.end()
        kind = "how much" if text[0] in "$£€" else "percent" if match[2] else "how many"
        counted = re.match(r"\s+[a-z]", sentence[end : end + 3])
        if not _YEAR.fullmatch(text) and (kind != "how many" or counted):
            found.append((match.start(), end, kind))
    found += [(*match.span(), "how many") for match in _COUNT.finditer(sentence)]
    return found


def question(sentence: str, start: int, end: int, kind: str, chance: random.Random) -> str:
    """The clause around a span, with a question word in its stead."""
    before, after = sentence[:start], sentence[end:]
    left, right = _CLAUSE.split(before)[-1].lstrip(" ,"), _CLAUSE.split(after)[0]
    if len((left + right).split()) < 5:
        left, right = before, after
    if len(left.split()) > 16:
        left = " ".join(left.split()[-16:])
    if len(right.split()) > 16:
        right = " ".join(right.split()[:16])
    right = right.rstrip(" .,!?")
    asking = chance.choice(_ASKING[kind])
    if kind == "where" and asking == "where":
        left = _PLACED.sub("", left)
    fronted = chance.random() < 0.12
    if len(left.split()) <= 1 or fronted:
        asked = f"{asking} {right.strip()} {left.strip()}" if left.strip() else f"{asking} {right.strip()}"
    else:
        asked = f"{left.rstrip()} {asking} {right.strip()}"
    asked = re.sub(r"\s+", " ", asked).strip(" ,")
    first = asked[:1].upper() if chance.random() < 0.7 else asked[:1]
    return first + asked[1:] + ("?" if chance.random() < 0.9 else "")
