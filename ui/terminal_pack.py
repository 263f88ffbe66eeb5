"""What became of an evidence pack, in the terminal."""

from __future__ import annotations

from collections import Counter

from ui.pack_check import PackReport, Verdict
from ui.screen import Screen

_NAMED = 20
_SAID: dict[Verdict, str] = {
    "same": "still say the same",
    "changed": "changed since: the pack has the earlier text",
    "gone": "gone since: the pack has the text",
}


def show_pack(report: PackReport, *, compared: bool) -> None:
    """Each check and whether it passed; then, if it was ``compared``, what the archive says now."""
    screen = Screen()
    if report.made_by:
        screen.line((f"{_flat(report.title)}, packed by citedesk {_flat(report.made_by)}", "bold"))
    for check in report.checks:
        verdict = ("ok    ", "green") if check.ok else ("FAILED", "bold red")
        screen.line(verdict, f" {f'{check.name}:':<10}{_flat(check.detail)}")
    if not compared:
        return
    count = Counter(each.verdict for each in report.now)
    for kind, said in _SAID.items():
        if count[kind]:
            screen.line(
                ("now   ", "dim"),
                f" {'archive:':<10}{count[kind]:,} of {len(report.now):,} sources {said}",
            )
    others = [each for each in report.now if each.verdict != "same"]
    for each in others[:_NAMED]:
        screen.line(
            f"       question {each.question}, source {each.number}: {each.verdict}: {_flat(each.title)}"
        )
    if len(others) > _NAMED:
        screen.line(
            f"       and {len(others) - _NAMED:,} more; to see all: citedesk check PACK --archive DIR --json"
        )


def _flat(text: str) -> str:
    return " ".join(text.split())[:300]
