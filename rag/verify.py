"""Whether a sentence is borne out by a text: figures, dates, names, quoted words, negation, overlap.

Deterministic and without a model, so that the same sentence is judged the same way by everyone. It
catches what can be compared; it does not understand: who did what to whom is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from index.passages import sentences
from rag.evidence import Evidence, Quote
from rag.facts import Facts, read_facts
from rag.words import REPORTING, STOPWORDS, alike, bare, name_stem, stem, word_list, word_set

SUPPORTED = 0.5
"""A sentence counts as supported from this score on."""

LONGEST_QUOTE = 1200
"""Characters of neighbouring sentences that may be quoted together."""

NEIGHBOURS = 3  # sentences that may be quoted together
WORTH_MORE = 0.1  # of score, for which one more is
REPEATS = 0.8  # share of the words that a sentence has in common with its source, from which it repeats it

_NEGATORS = word_set(
    """
    not never no none nobody nothing neither nor without cannot
    """
)
_DENIALS = frozenset(stem(word) for word in ("deny", "refute", "reject"))
_CLAUSE_ENDS = frozenset([*",;:.!?()", "but", "while", "although", "though", "whereas", "and", "because"])
_OPPOSITES = frozenset(
    frozenset(stem(word) for word in pair.split("/"))
    for pair in word_list(
        "increase/decrease rise/fall rose/dropped gain/lose higher/lower more/fewer win/lose accept/reject "
        "support/oppose legal/illegal allow/ban open/close start/end arrive/leave buy/sell alive/dead "
        "success/failure successful/unsuccessful agree/refuse"
    )
)
_FUZZY_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Check:
    """``score`` 0..1, supported from `SUPPORTED` on; ``missing`` is what the text does not have."""

    score: float
    missing: tuple[str, ...]


def check(sentence: str, source: str) -> Check:
    """Compare a sentence with the text it is said to come from.

    The score is 0 if a figure, date, name, quoted word or link is missing or a negation is turned round;
    otherwise the share of the sentence's telling words that the source has.

    >>> source = "Two aid workers from Canada and Spain were killed near Bakhmut on 8 November."
    >>> check("2 workers were killed near Bakhmut on Nov 8.", source)
    Check(score=1.0, missing=())
    >>> check("Three workers were killed near Kyiv.", source).missing
    ('Three', 'Kyiv')
    """
    said, given = read_facts(sentence.replace("[sic]", "")), read_facts(source)
    links = [link for link in said.links if link not in given.links]
    missing = (
        *_figures(said, given),
        *_days(said, given),
        *_names(said, given),
        *_quotes(said, given),
        *links,
    )
    if missing:
        return Check(0.0, tuple(dict.fromkeys(missing)))
    overlap = _overlap(said, given)
    if turned := _turned(said, given, overlap):
        return Check(0.0, turned)
    return Check(overlap, ())


def best_support(sentence: str, evidence: Evidence) -> Quote | None:
    """The sentence of a passage, or up to three neighbours, that bears out ``sentence`` best; None if none does.

    >>> from index.articles import Article, Passage
    >>> text = "It rained in Kyiv. Two drones fell."
    >>> found = Evidence(Article(text=text, id="a"), Passage("a", 0, len(text), text), 1.0)
    >>> best_support("2 drones fell.", found).text
    'Two drones fell.'
    """
    best, found, most = SUPPORTED, None, 0
    for quote, number in sorted(_candidates(evidence), key=lambda pair: pair[1]):
        score = check(sentence, quote.text).score
        # a further sentence must add something
        if score >= best if found is None else score > best + (WORTH_MORE if number > most else 0):
            best, found, most = score, quote, number
    return found


def nearest_quote(sentence: str, evidence: Evidence) -> Quote:
    """The sentence of a passage that shares most words with ``sentence``, borne out or not."""
    said = read_facts(sentence)
    quotes = [quote for quote, number in _candidates(evidence) if number == 1]
    whole = Quote(evidence.article, evidence.passage.start, evidence.passage.end)
    return max(quotes, key=lambda quote: _overlap(said, read_facts(quote.text)), default=whole)


def _candidates(evidence: Evidence) -> Iterator[tuple[Quote, int]]:
    """Each sentence of a passage, and each two and three neighbours, with how many they are.

    Neighbours are of one paragraph, or paragraphs of one sentence each, as newspapers write.
    """
    text, offset = evidence.passage.text, evidence.passage.start
    spans = sentences(text)
    gaps = ["\n" in text[end:start] for (_, end), (start, _) in pairwise(spans)]
    alone = [first and last for first, last in zip([True, *gaps], [*gaps, True], strict=True)]
    for at, (start, _) in enumerate(spans):
        for number, (_, end) in enumerate(spans[at : at + NEIGHBOURS], 1):
            here = at + number - 1
            apart = number > 1 and gaps[here - 1] and not (alone[here - 1] and alone[here])
            if apart or (number > 1 and end - start > LONGEST_QUOTE):
                break
            yield Quote(evidence.article, offset + start, offset + end), number


def _figures(said: Facts, given: Facts) -> list[str]:
    kinds: dict[str, set[str]] = {}
    for figure in given.figures:
        kinds.setdefault(figure.key, set()).add(figure.kind)
    for day in given.days:
        for number in (day.day, day.year):
            kinds.setdefault(str(number), set()).add("")
    return [figure.shown for figure in said.figures if not figure.agrees(kinds.get(figure.key, set()))]


def _days(said: Facts, given: Facts) -> list[str]:
    known = {(day.year, day.month, day.day): day for day in given.days}.values()
    return [day.shown for day in said.days if not any(map(day.agrees, known))]


def _names(said: Facts, given: Facts) -> list[str]:
    known = dict.fromkeys(given.words)
    missing: list[str] = []
    for run in said.names:
        if len(run) > 1 and "".join(word if word.isupper() else word[0] for word in run) in given.acronyms:
            continue
        missing += [word for word in run if not _known_name(word, known, given)]
    return missing


def _known_name(name: str, known: dict[str, None], given: Facts) -> bool:
    word = bare(name)
    if name.isupper() and 2 <= len(name) <= 5:  # "UN" is no "Un" of Kim Jong Un
        return _known_acronym(name, given) or (len(name) > 3 and word in known)
    if word in known or name_stem(word) in given.name_stems or stem(word) in given.stems:
        return True
    if name_stem(word) == "us" and _known_acronym("US", given):
        return True
    return any(alike(word, other) for other in _near(word, known))


def _known_acronym(name: str, given: Facts) -> bool:
    """Whether a text has an acronym, or words whose first letters it is, such as gross domestic product."""
    if name in given.acronyms or any(name in initials for initials in given.initials):
        return True
    return len(name) > 2 and name.lower() in "".join(word[0] for word in given.words)


def _quotes(said: Facts, given: Facts) -> list[str]:
    if not said.quotes:
        return []
    text = f" {' '.join(given.words)} "
    return [quote for quote in said.quotes if f" {quote} " not in text]


def _turned(said: Facts, given: Facts, overlap: float) -> tuple[str, ...]:
    """The words that one side negates and the other asserts, or whose opposite the other has.

    A negation is held against a sentence only if it repeats the rest: in other words it may well mean the same.
    """
    denied_here, here = _negated(said)
    denied_there, there = _negated(given)
    turned: set[str] = set()
    if overlap >= REPEATS:
        turned = (denied_here & (there - denied_there)) | (denied_there & (here - denied_here))
    for pair in _OPPOSITES:
        mine, theirs = pair & here, pair & there
        if len(pair) == 2 and len(mine) == 1 and len(theirs) == 1 and mine != theirs:
            turned |= mine
    return tuple(sorted(turned))


def _negated(facts: Facts) -> tuple[set[str], set[str]]:
    """Stems of the words that negations in a text bear on, and of all its telling words."""
    negated: set[str] = set()
    everything: set[str] = set()
    reach = 0
    for at, token in enumerate(facts.tokens):
        word = bare(token)
        if word in _CLAUSE_ENDS:
            reach = 0
        elif (word in _NEGATORS or word.endswith("n't")) and facts.tokens[at + 1 : at + 2] != ("only",):
            reach = 1
        elif word[:1].isalnum() and word not in STOPWORDS:
            root = stem(word)
            everything.add(root)
            if reach and not word[0].isdecimal():
                negated.add(root)
                reach -= 1
            if root in _DENIALS:
                reach = 3
    return negated, everything


def _overlap(said: Facts, given: Facts) -> float:
    known, total, found = dict.fromkeys(given.words), 0.0, 0.0
    figures = {bare(part) for figure in said.figures for part in figure.shown.split()}
    days = {bare(part) for day in said.days for part in day.shown.split()}
    for word in said.words:
        if word in STOPWORDS and word not in figures:
            continue
        root = stem(word)
        weight = 0.3 if root in REPORTING else 1.0
        total += weight
        if (
            word in known
            or root in given.stems
            or word in figures
            or word in days
            or name_stem(word) in given.name_stems
            or any(alike(word, w) for w in _near(word, known))
        ):
            found += weight
    return round(found / total, 4) if total else 0.0


def _near(word: str, known: Iterable[str]) -> Iterable[str]:
    """The few words worth a closer look as another spelling of a word."""
    if len(word) < 6:
        return ()
    return islice((w for w in known if w[0] == word[0] and abs(len(w) - len(word)) <= 2), _FUZZY_LIMIT)
