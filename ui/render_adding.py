"""Adding, as HTML: a bar with rate and time left, and a report for each file. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from index.reports import FileProblem, SyncReport
from ui.adding import Moment, Outcome, Taken
from ui.render import escape
from ui.render_archive import size
from ui.words import counted

NAMED = 20
"""Problems of one file that are told one by one."""
_SURE_S = 2.0  # before that, a rate is a guess


def waiting_html(what: str) -> str:
    """Before the first moment: another may be writing."""
    return _bar_html(f"Adding {what}: waiting for the archive", None)


def moment_html(moment: Moment) -> str:
    """How far it is, how fast it goes, and how long it will take."""
    now = moment.progress
    if now.stage != "reading":
        rate = _rate(now.passages, moment.seconds, "passages")
        return _bar_html(" · ".join(("Making it searchable", *rate)), None)
    parts = [f"Reading {now.note}" if now.note else "Reading"]
    if now.total:
        parts.append(f"{size(now.done)} of {size(now.total)}")
    parts += _rate(now.passages, moment.seconds, "passages") or _rate(now.done // 1000, moment.seconds, "KB")
    parts += _left(moment)
    return _bar_html(" · ".join(parts), now.done / now.total if now.total else None)


def _rate(number: int, seconds: float, what: str) -> tuple[str, ...]:
    return (f"{number / seconds:,.0f} {what}/s",) if number and seconds >= _SURE_S else ()


def _left(moment: Moment) -> tuple[str, ...]:
    now = moment.progress
    if not now.done or moment.seconds < _SURE_S:
        return ()
    left = moment.seconds * (now.total - now.done) / now.done
    return (f"about {lasting(left)} left",)


def lasting(seconds: float) -> str:
    """How long something takes, to the precision that a guess has.

    >>> lasting(0.4), lasting(42), lasting(200), lasting(9000)
    ('1 s', '42 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _bar_html(told: str, share: float | None) -> str:
    value = "" if share is None else f' value="{share:.3f}"'
    return (
        f'<div class="cd-adding" role="status"><progress{value} aria-label="Adding articles"></progress>'
        f"<p>{escape(told)}</p></div>"
    )


def outcome_html(outcome: Outcome) -> str:
    """What became of each file or address."""
    added = sum(one.report.added + one.report.changed for one in outcome)
    said = f"{counted(added, 'article')} added" if added else "Nothing was added"
    items = "".join(map(_taken_html, outcome))
    return f'<div class="cd-report" role="status"><p>{said}.</p><ul>{items}</ul></div>'


def _taken_html(one: Taken) -> str:
    told = counts(one.report)
    kind = "cd-bad" if not one.report.total else "cd-some" if one.report.problems else "cd-good"
    return (
        f'<li class="{kind}"><span class="cd-file">{escape(one.label)}</span> <span>{escape(told)}</span>'
        f"{_problems_html(one.report.problems, one.label)}</li>"
    )


def counts(report: SyncReport) -> str:
    """What a report says of articles, in a few words.

    >>> counts(SyncReport(added=2, unchanged=1)), counts(SyncReport())
    ('2 added, 1 unchanged', 'not read')
    """
    numbers = {
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged + report.moved,
        "flagged": report.flagged,
    }
    told = ", ".join(f"{number:,} {what}" for what, number in numbers.items() if number)
    return told or ("not read" if report.problems or not report.total else "nothing new")


def _problems_html(problems: tuple[FileProblem, ...], label: str) -> str:
    if not problems:
        return ""
    shown: Iterable[str] = (f"<li>{escape(_told(p, label))}</li>" for p in problems[:NAMED])
    more = f"<li>and {len(problems) - NAMED:,} more</li>" if len(problems) > NAMED else ""
    return f'<ul class="cd-why">{"".join(shown)}{more}</ul>'


def _told(problem: FileProblem, label: str) -> str:
    """A problem without the name that stands above it: the line, if any, and the reason."""
    where = problem.source.removeprefix(label).lstrip(":")
    said = problem.reason
    if problem.source == label or (where and not where.isdigit()):
        return said[:1].upper() + said[1:]
    return f"Line {where}: {said}"


def problem_html(message: str) -> str:
    """Why nothing could be done."""
    return f'<p class="cd-failed" role="alert">{escape(message[:1].upper() + message[1:])}.</p>'


def removed_html(number: int) -> str:
    """How many articles were removed."""
    return f'<div class="cd-report" role="status"><p>{counted(number, "article")} removed.</p></div>'
