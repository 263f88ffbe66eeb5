"""Candidates: the same answer from several newsrooms counts more, copies of one text count once."""

from __future__ import annotations

import math

import pytest

from index.articles import Article, Passage
from rag.candidates import Candidate, candidates
from rag.evidence import Evidence
from rag.kinds import of_kind
from rag.reader import Span
from rag.rerank import by_answer
from rag.retrieve import Reading
from rag.traits import same


def reading(
    text: str, answer: str, score: float, *, origin: str, fused: float = 1.0, age: float = 3
) -> Reading:
    article = Article(text=text, id=origin)
    start = text.index(answer)
    span = Span(answer, start, start + len(answer), score)
    return Reading(Evidence(article, Passage(origin, 0, len(text), text), fused, origin, age), 0.6, (span,))


RIO = "The summit was held in Rio on Monday."
PARIS = "The summit was held in Paris on Monday."


def chances(*readings: Reading, question: str = "Which city held the summit?") -> dict[str, float]:
    return {each.reading.best.text: each.chance for each in candidates(question, readings)}


def test_the_same_answer_from_two_newsrooms_beats_a_better_read_one() -> None:
    one = reading(PARIS, "Paris", 6.0, origin="a")
    found = chances(
        one,
        reading(RIO, "Rio", 5.5, origin="b"),
        reading("So Rio it was, the city held the summit.", "Rio", 5.5, origin="c"),
    )
    assert found["Rio"] > found["Paris"]
    assert sum(found.values()) == pytest.approx(1)


def test_copies_of_one_text_are_one_voice() -> None:
    first, copy, other = (reading(RIO, "Rio", 5.0, origin=o) for o in ("wire", "wire", "other"))
    assert len(_rio(candidates("Which city?", [first, copy])).places) == 1
    assert len(_rio(candidates("Which city?", [first, other])).places) == 2


def _rio(found: list[Candidate]) -> Candidate:
    return next(each for each in found if each.reading.best.text == "Rio")


def test_spelling_and_articles_do_not_part_an_answer() -> None:
    assert same("the “Squid Game”") == same("Squid Game")
    assert same("...") == ""


def test_where_a_figure_is_asked_for_a_figure_leads() -> None:
    text = "Officials said 40 people were hurt in Lahore."
    found = chances(
        reading(text, "Lahore", 4.0, origin="a"),
        reading(text, "40", 4.0, origin="b"),
        question="How many people were hurt?",
    )
    assert found["40"] > found["Lahore"]


def test_of_two_equals_the_fresher_and_nearer_leads() -> None:
    found = chances(
        reading(RIO, "Rio", 5.0, origin="a", fused=1.1, age=2),
        reading(PARIS, "Paris", 5.0, origin="b", fused=0.9, age=90),
    )
    assert found["Rio"] > found["Paris"]


def test_undated_news_can_be_weighed() -> None:
    found = chances(reading(RIO, "Rio", 5.0, origin="a", age=math.inf))
    assert found == {"Rio": pytest.approx(1)}


def test_nothing_read_gives_nothing() -> None:
    assert candidates("Who?", []) == []
    empty = Reading(
        Evidence(Article(text="x", id="a"), Passage("a", 0, 1, "x"), 1.0), 0.1, (Span("", 0, 0, -math.inf),)
    )
    assert candidates("Who?", [empty]) == []


def test_a_full_name_stands_for_its_surname() -> None:
    short = reading("McCarthy was ousted on Tuesday.", "McCarthy", 6.0, origin="a")
    full = reading("Kevin McCarthy was ousted on Tuesday.", "Kevin McCarthy", 5.9, origin="b")
    found = candidates("What did they call the man that was ousted?", [short, full])
    assert found[0].reading.best.text == "Kevin McCarthy"
    assert found[0].chance == pytest.approx(1)
    weak = reading("A Kevin McCarthy sang.", "Kevin McCarthy", -9.0, origin="b", fused=0.1, age=90)
    assert (
        candidates("What did they call the man that was ousted?", [short, weak])[0].reading.best.text
        == "McCarthy"
    )


def test_evidence_comes_in_the_order_of_answers() -> None:
    paris = reading(PARIS, "Paris", 6.0, origin="a")
    rio, again = (reading(RIO, "Rio", 7.0, origin=o) for o in "bc")
    ranked = candidates("Which city held the summit?", [paris, rio, again])
    assert by_answer([paris, rio, again], ranked) == [rio, paris, again]


def test_the_first_passage_is_one_in_which_the_likeliest_answer_was_found() -> None:
    found = reading(RIO, "Rio", 7.0, origin="a", fused=0.9)
    mere = reading("Rio is warm on Monday, and so is Paris.", "Monday", -3.0, origin="b", fused=1.0)
    ranked = candidates("Which city held the summit?", [mere, found])
    assert ranked[0].reading.best.text == "Rio"
    assert by_answer([mere, found], ranked) == [found, mere]


def test_an_answer_already_told_gives_way_to_another() -> None:
    rio, again = (reading(RIO, "Rio", 7.0, origin=o, fused=f) for o, f in (("a", 1.0), ("b", 0.99)))
    paris = reading(PARIS, "Paris", 6.0, origin="c", fused=0.9)
    ranked = candidates("Which city held the summit?", [rio, again, paris])
    assert by_answer([rio, again, paris], ranked) == [rio, paris, again]


def test_without_answers_the_order_of_retrieval_stays() -> None:
    some = [reading(RIO, "Rio", 1.0, origin=o) for o in "abc"]
    assert by_answer(some, []) == some


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("Which African country joined?", "South Africa", "Nairobi"),
        ("Which US state was hit?", "New York", "Chicago"),
        ("Which city was hit?", "New York", "Texas"),
        ("By which month will it be ready?", "early September", "Thanksgiving"),
        ("What percentage of adults agree?", "44%", "2020"),
        ("How much did it make?", "$12.8 million", "12 weeks"),
        ("Which year was it?", "in 1999", "last year"),
        ("Which world leader resigned?", "Mark Rutte", "Netherlands"),
        ("How many were hurt?", "a dozen or 12", "$3 million"),
    ],
)
def test_an_answer_is_of_the_kind_that_the_question_names(question: str, right: str, wrong: str) -> None:
    is_of_kind = of_kind(question)
    assert is_of_kind
    assert is_of_kind(right)
    assert not is_of_kind(wrong)
