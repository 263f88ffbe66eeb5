"""Writing into an archive: one process at a time, each commit with the indexes that find it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from index import derived, flags, publications
from index.catalogue import Catalogue
from index.encoder import Encoder
from index.intake import Intake
from index.passages import CHUNKING
from index.reports import OnProgress, Progress

WAIT_S = 5.0

_SWITCH_S = 0.0005
"""A thread that has encoded a passage waits this long, at most, for one that cuts articles: a tenth of the usual."""


@contextmanager
def filling(
    folder: Path, encoder: Callable[[], Encoder], model: str, told: OnProgress
) -> Iterator[tuple[Catalogue, Intake]]:
    """The line into the catalogue; whatever is in it at the end is encoded and published.

    Raises ArchiveLocked if another process is writing.
    """
    with derived.writer_lock(folder, WAIT_S):
        catalogue = Catalogue(folder)  # searches go on over another connection meanwhile
        intake = Intake(
            catalogue,
            lambda: _signed(catalogue, encoder(), model),
            lambda settled: publish(folder, catalogue, settled=settled),
        )
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        try:
            flags.fill(catalogue)
            yield catalogue, intake
            told(Progress("indexing", 0, 1, "", intake.encoded))
            intake.finish()
            told(Progress("indexing", 1, 1, "", intake.encoded))
        except KeyboardInterrupt:
            intake.stop()  # what is encoded stays; the next run goes on from there
            raise
        finally:
            sys.setswitchinterval(before)
            intake.close()
            catalogue.close()


def publish(folder: Path, catalogue: Catalogue, *, settled: bool) -> None:
    """Make both indexes agree with the open transaction."""
    derived.tidy(folder, catalogue)
    derived.publish(folder, catalogue, settled=settled)
    if settled:
        flags.settle(catalogue)
    published = publications.latest(catalogue)
    if settled and published and not (catalogue.get("content") or "").startswith(f"{published.number}:"):
        catalogue.set("content", f"{published.number}:{catalogue.content()}")


def _signed(catalogue: Catalogue, encoder: Encoder, model: str) -> Encoder:
    """The encoder, its name written into an archive that has none yet."""
    if not catalogue.get("encoder"):
        with catalogue.writing():
            for key, value in [
                ("encoder", encoder.fingerprint),
                ("dimension", str(encoder.dimension)),
                ("model", model),
                ("chunking", CHUNKING),
            ]:
                catalogue.set(key, value)
    return encoder
