"""Conversations and feedback, as a server keeps them."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eval.gold import read_gold
from index.errors import BadSetting
from ui.cli import main
from ui.service import STORE
from ui.store.conversations import ConversationNotFound, Conversations
from ui.store.feedback import Feedback
from ui.store.schema import open_store

ANSWER = {
    "standalone_question": "Who invited Kim Jong Un?",
    "as_of": "2023-11-08",
    "text": "Putin invited him. [1]",
    "short": "Putin",
    "abstained": False,
    "citations": [{"article": {"id": "a"}, "quote": "Putin invited him."}],
}


def opened(tmp_path: Path, server: str = "one") -> Conversations:
    return Conversations(open_store(tmp_path / "c.sqlite3"), server=server)


def test_a_conversation_outlives_the_server_and_takes_its_first_question_as_title(tmp_path: Path) -> None:
    store = opened(tmp_path)
    key = store.create("ann").id
    asked = store.begin("ann", key, "Who invited  him?", {"as_of": "2023-11-08"})
    store.finish(asked.id, ANSWER)
    (found,) = opened(tmp_path).of("ann")
    assert (found.title, found.exchanges) == ("Who invited him?", 1)
    (said,) = opened(tmp_path).exchanges("ann", key)
    assert (said.state, said.answer, said.asked) == ("answered", ANSWER, {"as_of": "2023-11-08"})


def test_nobody_else_can_see_rename_or_delete_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    key = store.create("ann", "Mine").id
    asked = store.begin("ann", key, "Who?")
    assert store.of("bob") == []
    for attempt in (
        lambda: store.get("bob", key),
        lambda: store.rename("bob", key, "Yours"),
        lambda: store.delete("bob", key),
        lambda: store.begin("bob", key, "Who?"),
        lambda: store.exchange("bob", asked.id),
        lambda: store.drop_last("bob", key),
    ):
        with pytest.raises(ConversationNotFound):
            attempt()
    assert store.get("ann", key).title == "Mine"


def test_questions_from_many_tabs_are_all_kept_in_an_order(tmp_path: Path) -> None:
    store = opened(tmp_path)
    key = store.create("ann").id
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.begin("ann", key, f"Question {n}?"), range(40)))
    said = store.exchanges("ann", key)
    assert [each.place for each in said] == list(range(1, 41))
    assert {each.question for each in said} == {f"Question {n}?" for n in range(40)}
    assert len(store.exchanges("ann", key, last=3)) == 3


def test_an_answer_that_ran_when_the_server_died_is_interrupted_after_its_restart(tmp_path: Path) -> None:
    store = opened(tmp_path)
    key = store.create("ann").id
    store.begin("ann", key, "Who?")
    assert opened(tmp_path, server="two").recover() == 0
    assert opened(tmp_path, server="one").recover() == 1
    assert store.exchanges("ann", key)[0].state == "interrupted"


def test_an_answer_of_a_server_that_never_came_back_is_interrupted_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path, server="gone")
    key = store.create("ann").id
    begun = store.begin("ann", key, "Who?")
    other = opened(tmp_path, server="here")
    assert other.exchange("ann", begun.id).state == "running"
    monkeypatch.setattr("ui.store.conversations.LONGEST_RUN", dt.timedelta(0))
    assert [each.state for each in other.exchanges("ann", key)] == ["interrupted"]
    store.finish(begun.id, ANSWER)
    assert other.exchange("ann", begun.id).state == "answered"


def test_undo_takes_the_last_question_back_and_delete_everything(tmp_path: Path) -> None:
    store = opened(tmp_path)
    key = store.create("ann").id
    assert store.drop_last("ann", key) is None
    store.begin("ann", key, "First?")
    store.begin("ann", key, "Second?")
    undone = store.drop_last("ann", key)
    assert undone and undone.question == "Second?"
    store.delete("ann", key)
    with pytest.raises(ConversationNotFound):
        store.exchanges("ann", key)


def test_thumbs_become_gold_questions_that_the_harness_reads(tmp_path: Path) -> None:
    engine = open_store(tmp_path / "c.sqlite3")
    store = Conversations(engine)
    thumbs = Feedback(engine, store)
    key = store.create("ann").id
    asked = store.begin("ann", key, "Who invited him?")
    store.finish(asked.id, ANSWER)
    thumbs.give("ann", asked.id, good=False, reason="wrong man")
    thumbs.give("ann", asked.id, good=True)
    assert thumbs.of("ann", key) == {asked.id: True}
    with pytest.raises(ConversationNotFound):
        thumbs.give("bob", asked.id, good=False)
    file = tmp_path / "gold.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in thumbs.gold()), encoding="utf-8")
    (question,) = read_gold(file).questions
    assert question.answers == ("Putin",)
    assert question.question == "Who invited Kim Jong Un?"
    thumbs.take_back("ann", asked.id)
    assert list(thumbs.gold()) == []


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle+nothing://x", "postgresql+psycopg://u:secret@127.0.0.1:1/none"]
)
def test_a_database_that_cannot_be_used_is_told_in_one_line_without_the_password(url: str) -> None:
    with pytest.raises(BadSetting) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_prints_what_people_thought_as_gold_and_leaves_running_answers_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seeds: Path
) -> None:
    folder = tmp_path / "archive"
    assert main(["index", str(seeds), "--archive", str(folder)]) == 0
    capsys.readouterr()
    assert main(["feedback", "--archive", str(folder)]) == 0
    assert not (folder / STORE).exists(), "asking makes nothing"
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("0 judged answers")
    engine = open_store(folder / STORE)
    store = Conversations(engine)
    key = store.create("ann").id
    judged, running = store.begin("ann", key, "Who invited him?"), store.begin("ann", key, "And then?")
    store.finish(judged.id, ANSWER)
    Feedback(engine, store).give("ann", judged.id, good=True, reason="\x1b[2J right")
    assert main(["feedback", "--archive", str(folder)]) == 0
    out, err = capsys.readouterr()
    (gold,) = map(json.loads, out.splitlines())
    assert (gold["answers"], gold["reason"]) == (["Putin"], "\x1b[2J right") and "\x1b" not in out
    assert err.startswith("1 judged answer;")
    assert store.exchange("ann", running.id).state == "running"
