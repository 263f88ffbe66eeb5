"""A small newsroom's archive: one story over five weeks, told by three papers, and an article that attacks the page."""

from __future__ import annotations

import json
from pathlib import Path

from ui.cli import main

OVERVIEW = "What happened with the Larvik dam?"
HOSTILE = (
    "The <script>alert(1)</script> mayor of <b>Oslo</b> opened the **Harbour** bridge"
    " <img src=x onerror=alert(2)> on [Tuesday](javascript:alert(3)) ${alert(4)} {{alert(5)}} `now`."
)
HOSTILE_TITLE = "<img src=x onerror=alert(6)> {{#each}} ${alert(9)}"
HOSTILE_URL = "https://news.example/\"onmouseover='alert(10)'<svg/onload=alert(11)>?a=1&b={{2}}"

_STORY = [
    ("2024-03-04", "herald.example", "Cracks found in the Larvik dam",
     "Inspectors found two cracks in the Larvik dam on Monday. The dam was built in 1961 and holds 40 million"
     " cubic metres of water. The operator Norvann lowered the lake by three metres."),
    ("2024-03-11", "courier.example", "Larvik dam: 300 people leave their homes",
     "Police asked 300 residents below the Larvik dam to leave their homes. Mayor Ingrid Solheim called it a"
     " precaution. A school in Larvik was turned into a shelter."),
    ("2024-03-12", "herald.example", "Residents below the dam leave their homes",
     "Police asked 300 residents below the Larvik dam to leave their homes. Mayor Ingrid Solheim called it a"
     " precaution. A school in Larvik was turned into a shelter."),
    ("2024-03-19", "times.example", "Engineers inject concrete into the Larvik dam",
     "Engineers injected 900 tonnes of concrete into the Larvik dam. The work cost 12 million kroner, the"
     " operator Norvann said. Divers checked the cracks from the lake."),
    ("2024-04-02", "courier.example", "Residents return to Larvik",
     "Residents of Larvik returned to their homes after three weeks. Inspectors declared the Larvik dam safe on"
     " Tuesday. Norvann promised new sensors by the end of the year."),
    ("2024-04-09", "times.example", "Norvann fined over the Larvik dam",
     "A court fined Norvann 4 million kroner for neglecting the Larvik dam. The company said that it would not"
     " appeal. The minister for energy announced a new law on dams."),
]  # fmt: skip


def newsroom(folder: Path) -> Path:
    """An archive of seven articles in the folder; its path."""
    lines = [
        {"id": f"dam-{n}", "date": day, "title": title, "url": f"https://{paper}/dam/{n}", "text": text}
        for n, (day, paper, title, text) in enumerate(_STORY, start=1)
    ]
    bridge = {
        "id": "bridge",
        "date": "2024-01-02",
        "title": HOSTILE_TITLE,
        "url": HOSTILE_URL,
        "text": HOSTILE,
    }
    source = folder / "news.jsonl"
    source.write_text("\n".join(json.dumps(line) for line in [*lines, bridge]), "utf-8")
    assert main(["index", str(source), "--archive", str(folder / "archive")]) == 0
    return folder / "archive"
