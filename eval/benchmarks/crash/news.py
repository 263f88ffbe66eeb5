"""A folder of 300 made-up articles in files of several kinds, and the same folder after a day's edits."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import random
from pathlib import Path

ARTICLES = 300
WORDS = [a + b + c for a in "bcdfg" for b in "aeo" for c in ("n", "rt", "lles")]
"""All that the articles are made of: few enough for every query to find something."""


def write(folder: Path) -> None:
    """Write the folder as it is at first."""
    chance = random.Random(1)
    folder.mkdir(parents=True)
    wire = [_row(chance, f"wire-{n}") for n in range(140)]
    wire[40] |= {"text": wire[20]["text"] + " Corrected."}  # a near-duplicate
    wire[60] = dict(wire[20], id="wire-20-again")  # the same article under another id
    wire[61] = dict(wire[7], text="Another text under an id in use.")
    _jsonl(folder / "wire.jsonl", wire, broken=True)
    _jsonl(folder / "feeds" / "old.jsonl.gz", [_row(chance, "") for _ in range(30)])
    rows = [_row(chance, f"desk-{n}") for n in range(40)]
    rows[3] = dict(_row(chance, "wire-5"))  # an id that another file uses
    with (folder / "desk.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    for n in range(70):
        _text(folder / f"notes/{n:02}.txt", chance)
    for n in range(16):
        title = f"---\ntitle: Report {n}\ndate: {_day(chance)}\n---\n"
        _put(folder / f"reports/{n:02}.md", title + _story(chance))
    for n in range(3):
        _put(folder / f"pages/{n}.html", _page(n, chance))
    _put(folder / "notes/copy.txt", (folder / "notes/07.txt").read_text("utf-8"))
    _put(folder / "notes/empty.txt", "")
    _put(folder / "picture.png", "no article")


def edit(folder: Path) -> None:
    """Change some files, move some, remove some, add some."""
    chance = random.Random(2)
    wire = [json.loads(line) for line in (folder / "wire.jsonl").read_text("utf-8").splitlines()[1:]]
    for n in range(0, 140, 3):
        wire[n] |= {"text": _story(chance)}
    wire[50] |= {"text": wire[51]["text"] + " Copied later."}
    _jsonl(folder / "wire.jsonl", wire[:90] + wire[100:] + [_row(chance, f"late-{n}") for n in range(12)])
    with gzip.open(folder / "feeds/old.jsonl.gz", "rt", encoding="utf-8") as file:
        old = [json.loads(line) for line in file]
    for n in range(0, 30, 4):  # without an id: known again by the title
        old[n] |= {"text": _story(chance)}
    _jsonl(folder / "feeds/old.jsonl.gz", old)
    for n in range(0, 12, 2):
        _text(folder / f"notes/{n:02}.txt", chance)
    for n in range(20, 30):
        (folder / f"notes/{n:02}.txt").unlink()
    (folder / "archive").mkdir()
    for n in range(30, 40):
        (folder / f"notes/{n:02}.txt").rename(folder / f"archive/{n:02}.txt")
    for n in range(70, 76):
        _text(folder / f"notes/{n:02}.txt", chance)
    (folder / "pages/1.html").unlink()
    (folder / "notes/empty.txt").unlink()


def _row(chance: random.Random, article_id: str) -> dict[str, str]:
    row = {"title": " ".join(chance.sample(WORDS, 4)), "date": _day(chance), "text": _story(chance)}
    return {"id": article_id, **row} if article_id else row


def _jsonl(path: Path, rows: list[dict[str, str]], *, broken: bool = False) -> None:
    lines = ["{this is no JSON"] * broken + [json.dumps(row) for row in rows]
    data = "\n".join(lines).encode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _text(path: Path, chance: random.Random) -> None:
    _put(path, f" date {_day(chance)} {_story(chance)}\n")


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def _page(number: int, chance: random.Random) -> str:
    said = "".join(f"<p>{_story(chance)}</p>" for _ in range(3))
    head = f"<title>Page {number}</title><meta property='article:published_time' content='{_day(chance)}'>"
    return f"<html><head>{head}</head><body><article><h1>Page {number}</h1>{said}</article></body></html>"


def _day(chance: random.Random) -> str:
    return str(dt.date(2023, 1, 1) + dt.timedelta(days=chance.randrange(300)))


def _story(chance: random.Random) -> str:
    """Some sentences: one or two passages."""
    return " ".join(
        " ".join(chance.choices(WORDS, k=chance.randint(8, 16))).capitalize() + "."
        for _ in range(chance.randint(3, 12))
    )
