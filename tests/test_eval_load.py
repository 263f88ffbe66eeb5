"""The benchmark of load: what it calls mixed up, lost or slow, and that it says so where it has no data."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from eval.benchmarks import data
from eval.benchmarks.load.__main__ import main
from eval.benchmarks.load.server import Watch
from eval.benchmarks.load.visitors import Visitor
from eval.benchmarks.realtimeqa import Question

QUESTIONS = [
    Question(str(n), f"Question {n}?", dt.date(2023, 11, 8), "CNN", ("a",), frozenset()) for n in range(5)
]


class Toy:
    """A server for one visitor that keeps what it is asked, and may be unfaithful in one way."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.kept: list[dict[str, Any]] = []
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/ask":
            return self._answer(json.loads(request.content))
        if request.url.path.endswith("/neighbour"):
            return httpx.Response(200 if self.fault == "open" else 404, json={})
        if request.method == "POST":
            return httpx.Response(201, json={"id": "mine"})
        before = int(request.url.params.get("before", 1000))
        page = [each for each in self.kept if each["place"] < before][-2:]
        more = bool(page) and page[0]["place"] > 1
        return httpx.Response(200, json={"exchanges": page, "before": page[0]["place"] if more else None})

    def _answer(self, body: dict[str, Any]) -> httpx.Response:
        self.asked = place = self.asked + 1
        answer = {"question": body["question"], "text": f"Answer {place}."}
        shown = {"id": str(place), "place": place, "question": body["question"], "state": "answered"}
        kept = answer | ({"text": "Another's."} if self.fault == "swapped" and place == 3 else {})
        if self.fault != "lost" or place != 4:
            self.kept.append(shown | {"answer": kept})
        told = answer | {
            "conversation": "other" if self.fault == "named" else "mine",
            "exchange": str(place),
        }
        if not body.get("stream"):
            return httpx.Response(503 if self.fault == "refuses" else 200, json=told)
        end = "" if self.fault == "cut" else f"event: answer\ndata: {json.dumps(told)}\n\n"
        return httpx.Response(200, text=f'event: draft\ndata: {{"text": "An"}}\n\n: still at it\n\n{end}')


def visit(fault: str, streamed: bool) -> tuple[Visitor, list[str]]:
    async def visit() -> tuple[Visitor, list[str]]:
        async with httpx.AsyncClient(
            base_url="http://127.0.0.1", transport=httpx.MockTransport(Toy(fault))
        ) as http:
            visitor = Visitor(http, streamed)
            await visitor.arrive()
            await visitor.ask_on(itertools.cycle(QUESTIONS), lambda asked: asked < 5)
            return visitor, await visitor.complaints("neighbour")

    return asyncio.run(visit())


@pytest.mark.parametrize("streamed", [False, True])
def test_a_faithful_server_gives_no_ground_for_complaint(streamed: bool) -> None:
    visitor, complaints = visit("", streamed)
    assert ([reply.question for reply in visitor.replies], visitor.errors, complaints) == (
        [question.text for question in QUESTIONS],
        [],
        [],
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("swapped", "'Question 2?' was kept with another answer than was told"),
        ("lost", "4 exchanges are kept of 5 answers"),
        ("named", "in another's name"),
        ("open", "somebody else's conversation can be read"),
    ],
)
def test_whatever_is_mixed_up_or_lost_is_told(fault: str, said: str) -> None:
    assert any(said in complaint for complaint in visit(fault, False)[1])


@pytest.mark.parametrize(("fault", "streamed"), [("refuses", False), ("cut", True)])
def test_what_is_no_answer_is_an_error(fault: str, streamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(seconds: float) -> None:
        pass

    monkeypatch.setattr(asyncio, "sleep", at_once)
    visitor, _ = visit(fault, streamed)
    assert (len(visitor.errors), visitor.replies) == (5, [])


@pytest.mark.parametrize(
    ("held", "grown"), [(lambda s: 100.0, 0.0), (lambda s: 100.0 + s, 110 / 105), (lambda s: 500 - s, -0.24)]
)
def test_growth_compares_the_first_seconds_with_the_last(
    held: Callable[[float], float], grown: float
) -> None:
    seconds = [float(n) for n in range(200)]
    memory = [held(s) for s in seconds]
    watch = Watch(1, seconds, memory, memory[::-1], [s / 2 for s in seconds])
    first, last = watch.growth(0.0, 120.0)
    assert last / first - 1 == pytest.approx(grown, abs=0.02)
    assert watch.own_growth(79.0, 199.0) == pytest.approx((last, first))
    assert watch.cores(10.0, 90.0) == 0.5


def test_without_the_data_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(data, "DATA", tmp_path / "none")
    monkeypatch.setattr(sys, "argv", ["load"])
    with pytest.raises(SystemExit, match="set CITEDESK_DATA to the folder that has realtimeqa/"):
        main()
