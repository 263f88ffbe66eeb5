"""Articles on their way in: cut here, encoded in the background, committed in order with their indexes.

A step (an article, the end of a file) takes effect in the order given. Each commit holds whole steps,
the vectors they need and the indexes that find them, so that a reader never sees half of one, and an
interruption loses what was not yet committed and nothing else.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import takewhile

from index import ledger, stories, twins, vectors
from index.articles import Article, Passage
from index.catalogue import Catalogue, key
from index.encoder import Encoder
from index.passages import cut
from index.vectors import Halves

_BATCH = 256  # passages: about two seconds of work on two cores
_BATCH_CHARS = 1_000_000
_AHEAD = 3  # batches: enough to keep the encoder busy during a commit, little enough for memory
_COMMIT_PASSAGES = 8192
_COMMIT_S = 20.0  # what an interruption may cost

Publish = Callable[[bool], None]
"""Brings the indexes up to the open transaction; the flag says whether the run is at its end."""


@dataclass(slots=True)
class _Batch:
    """Texts to encode together."""

    texts: dict[bytes, str] = field(default_factory=dict)
    chars: int = 0
    work: Future[dict[bytes, Halves]] | None = None


@dataclass(slots=True)
class _Coming:
    """An article that is not committed yet: its content, its paths, and its steps in the line."""

    digest: str
    paths: set[str] = field(default_factory=set)
    steps: int = 0


@dataclass(slots=True)
class _Step:
    """Something to be done in the transaction, once these batches are encoded."""

    run: Callable[[], None]
    batches: Sequence[_Batch] = ()
    keys: Sequence[bytes] = ()
    article_id: str = ""


class Intake:
    """The line of steps between reading and the catalogue. One thread uses it; others encode and commit."""

    def __init__(self, catalogue: Catalogue, encoder: Callable[[], Encoder], publish: Publish) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._publish = publish
        self._steps: deque[_Step] = deque()
        self._batch = _Batch()
        self._flying: deque[_Batch] = deque()
        self._where: dict[bytes, _Batch] = {}
        self._coming: dict[str, _Coming] = {}
        self._same: dict[str, str] = {}
        self._loose: list[bytes] = []
        self._committed = time.monotonic()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="citedesk-encode")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="citedesk-commit")
        self.encoded = 0

    def digest_of(self, article_id: str) -> str | None:
        """The digest of the article of this id, stored or coming."""
        if coming := self._coming.get(article_id):
            return coming.digest
        return ledger.digest_of(self._catalogue, article_id)

    def same_as(self, digest: str) -> str | None:
        """The id of an article with exactly this content, stored or coming."""
        found = self._same.get(digest) or twins.same_as(self._catalogue, digest)
        return found if found and self.digest_of(found) == digest else None

    def origins_of(self, article_id: str) -> set[str]:
        """Paths that an article came from, stored or coming."""
        coming = self._coming.get(article_id)
        return ledger.origins_of(self._catalogue, article_id) | (coming.paths if coming else set())

    def put(self, article: Article, path: str, told: Callable[[ledger.Put], None]) -> None:
        """Store an article; ``told`` hears what that did."""
        digest = article.digest()
        passages: list[Passage] = []
        keys: list[bytes] = []
        signature: bytes | None = None
        if self.digest_of(article.id) != digest:
            encoder = self._encoder()
            passages = cut(article, encoder.count)
            keys = [key(encoder.fingerprint, passage.text) for passage in passages]
            signature = stories.sign(article)
        coming = self._coming.setdefault(article.id, _Coming(digest))
        coming.digest, coming.steps = digest, coming.steps + 1
        coming.paths.add(path)
        self._same[digest] = article.id

        def run() -> None:
            if not passages and ledger.digest_of(self._catalogue, article.id) != digest:
                done = self._put_again(article, path)
            else:
                fingerprint = self._encoder().fingerprint if passages else ""
                done = ledger.put(self._catalogue, article, passages, path, fingerprint, signature)
            self._loose += done.loose
            told(done)

        self._steps.append(_Step(run, self._encode(keys, passages), keys, article.id))

    def _put_again(self, article: Article, path: str) -> ledger.Put:
        """It was there when it was read, but a step since took it away; not yet its vectors, which go last."""
        encoder = self._encoder()
        passages, signature = cut(article, encoder.count), stories.sign(article)
        return ledger.put(self._catalogue, article, passages, path, encoder.fingerprint, signature)

    def then(self, run: Callable[[], None]) -> None:
        """Do something in the transaction, after all that was given before."""
        self._steps.append(_Step(run))

    def loosen(self, keys: Sequence[bytes]) -> None:
        """These vectors may be needed no longer."""
        self._loose += keys

    def _encode(self, keys: Sequence[bytes], passages: Sequence[Passage]) -> list[_Batch]:
        """The batches in which those of these texts are encoded that have no vector yet."""
        wanted = [k for k in dict.fromkeys(keys) if k not in self._where]
        lacking = vectors.missing(self._catalogue, wanted) if wanted else set()
        batches = {id(self._where[k]): self._where[k] for k in keys if k in self._where}
        for k, passage in zip(keys, passages, strict=True):
            if k not in lacking or k in self._where:
                continue
            batch = self._batch
            batch.texts[k] = passage.text
            batch.chars += len(passage.text)
            self._where[k] = batch
            batches[id(batch)] = batch
            if len(batch.texts) >= _BATCH or batch.chars >= _BATCH_CHARS:
                self._send()
        return list(batches.values())

    def _send(self) -> None:
        if not self._batch.texts:
            return
        while len(self._flying) >= _AHEAD:
            self._land()
        batch, self._batch = self._batch, _Batch()
        batch.work = self._thread.submit(_encoded, self._encoder(), batch.texts)
        self._flying.append(batch)

    def _land(self) -> None:
        """Wait for the oldest batch."""
        work = self._flying[0].work
        if work:
            self.encoded += len(work.result())
        self._flying.popleft()

    def breathe(self) -> None:
        """Commit if enough is ready: called between files, and now and then within a large one."""
        while self._flying and self._flying[0].work and self._flying[0].work.done():
            self._land()
        steps = self._ready()
        work = sum(len(step.keys) + 1 for step in steps)
        if work >= _COMMIT_PASSAGES or (work and time.monotonic() - self._committed > _COMMIT_S):
            self._commit(at_end=False)

    def _ready(self) -> list[_Step]:
        return list(takewhile(lambda step: all(map(_is_done, step.batches)), self._steps))

    def finish(self) -> None:
        """Encode and commit all that is left, and bring the indexes into their final form."""
        self._send()
        while self._flying:
            self._land()
        self._commit(at_end=True)
        # Found already by whoever searches: building FAISS again may take a minute, and is rare.
        self._writer.submit(self._settle).result()

    def _settle(self) -> None:
        with self._catalogue.writing():
            self._publish(True)

    def stop(self) -> None:
        """After an interruption: commit what is ready, encode nothing more."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._commit(at_end=False)

    def close(self) -> None:
        """End the thread; what is not committed is forgotten."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._writer.shutdown(wait=True)

    def _commit(self, *, at_end: bool) -> None:
        # Ctrl-C reaches the main thread only: it cannot part a commit from the note that it took place.
        self._writer.submit(self._write, at_end).result()

    def _write(self, at_end: bool) -> None:
        steps = self._ready()
        with self._catalogue.writing():
            for step in steps:
                vectors.store(self._catalogue, _needed(step))
                step.run()
            if at_end:
                self._purge()
            elif self._loose:
                self._catalogue.set("loose", "yes")
            self._publish(False)
        for step in steps:
            self._steps.popleft()
            self._forget(step)
        self._committed = time.monotonic()

    def _forget(self, step: _Step) -> None:
        """What is in the catalogue now need not be remembered."""
        for k in step.keys:
            self._where.pop(k, None)
        if coming := self._coming.get(step.article_id):
            coming.steps -= 1
            if not coming.steps:
                del self._coming[step.article_id]
                self._same.pop(coming.digest, None)

    def _purge(self) -> None:
        """Vectors are deleted at the end of a run only: until then another article may bring the text back."""
        if self._catalogue.get("loose"):
            self._catalogue.rows("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM passages)")
            self._catalogue.rows("DELETE FROM meta WHERE key = 'loose'")
        else:
            vectors.purge(self._catalogue, self._loose)


def _encoded(encoder: Encoder, texts: dict[bytes, str]) -> dict[bytes, Halves]:
    # Longest first: no core is left with one long text at the end.
    order = sorted(texts, key=lambda k: len(texts[k]), reverse=True)
    made = vectors.halved(encoder.encode([texts[k] for k in order]), len(order), encoder)
    return dict(zip(order, made, strict=True))


def _is_done(batch: _Batch) -> bool:
    work = batch.work
    return work is not None and work.done() and not work.cancelled() and work.exception() is None


def _needed(step: _Step) -> dict[bytes, Halves]:
    """The vectors of a step's passages, as far as they were made for it."""
    found: dict[bytes, Halves] = {}
    for batch in step.batches:
        if batch.work:
            made = batch.work.result()
            found |= {k: made[k] for k in step.keys if k in made}
    return found
