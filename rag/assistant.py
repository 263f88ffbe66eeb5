"""Assistant: questions in, checked and cited answers out."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from index.archive import Archive
from index.articles import ALWAYS, DateRange, ScoredPassage, parse_date
from index.errors import BadDate, BadQuestion, LLMError
from index.shelves import Selection
from rag.answer import NO_ANSWER, Answer, Draft, PassageRef, Turn
from rag.answerable import answer_from
from rag.dates import read_period
from rag.evidence import Claim, Evidence, number_claims
from rag.extract import Extract, Search, extract
from rag.llms import LLM, load_llm
from rag.question import standalone
from rag.reader import Reader
from rag.rewrite import rewrite
from rag.settings import Settings, load_settings
from rag.timings import Timings
from rag.topic import topic
from rag.verify import SUPPORTED, check

MAX_QUESTION = 2000
Day = dt.date | str | None


@dataclass(frozen=True, slots=True)
class _Request:
    """One question, checked: what is asked, about what, as of which day, over which days and sources."""

    question: str
    standalone: str
    topic: str
    history: tuple[Turn, ...]
    as_of: dt.date | None
    published: DateRange
    where: Selection
    k: int


class Assistant:
    """Answers questions from one archive; may be asked from several threads at once.

    >>> import tempfile
    >>> from index import Article
    >>> with tempfile.TemporaryDirectory() as folder, Archive.open(folder + "/archive") as archive:
    ...     _ = archive.add([Article(text="Ukraine recaptured a gas platform in the Black Sea.", date="2023-11-08")])
    ...     answer = Assistant.open(archive).ask("What did Ukraine recapture?")
    >>> answer.text, answer.citations[0].article.date
    ('Ukraine recaptured a gas platform in the Black Sea. [1]', '2023-11-08')
    """

    def __init__(self, archive: Archive, *, llm: LLM | None = None, settings: Settings | None = None) -> None:
        self.archive = archive
        self._llm = llm
        self._settings = settings or load_settings()
        self._owns_archive = False

    @classmethod
    def open(
        cls,
        archive: str | Path | Archive | None = None,
        *,
        llm: str | LLM | None = None,
        settings: Settings | None = None,
    ) -> Self:
        """Open an archive for questions; what is not given comes from the settings.

        ``llm`` is a spec such as ``ollama/llama3.2`` or an object with the LLM port. Raises
        ArchiveNotFound if there is no archive, BadSetting for an unknown spec.
        """
        settings = settings or load_settings()
        model = load_llm(llm or settings.llm, settings) if llm is None or isinstance(llm, str) else llm
        if isinstance(archive, Archive):
            return cls(archive, llm=model, settings=settings)
        path = settings.archive if archive is None else archive
        desk = cls(Archive.open(path, model=settings.model, create=False), llm=model, settings=settings)
        desk._owns_archive = True
        return desk

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        k: int | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> Answer:
        """Answer a question, seeing only what was published by ``as_of``, from ``since`` to ``until``.

        ``k`` is the number of passages reported. ``include`` names the sources to answer from, all if it is
        empty, and ``exclude`` those to leave out, as `Archive.sources` lists them.

        Raises BadQuestion, BadDate, UnknownSource or ArchiveEmpty.
        """
        *_, answer = self.stream(
            question,
            history=history,
            as_of=as_of,
            since=since,
            until=until,
            k=k,
            include=include,
            exclude=exclude,
        )
        assert isinstance(answer, Answer)
        return answer

    async def aask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        k: int | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> Answer:
        """As ``ask``, in a thread, so that an event loop goes on meanwhile."""
        return await asyncio.to_thread(
            self.ask,
            question,
            history=history,
            as_of=as_of,
            since=since,
            until=until,
            k=k,
            include=include,
            exclude=exclude,
        )

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        k: int | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> Iterator[Draft | Answer]:
        """As ``ask``, but show the checked part of the answer as it grows; the answer comes last.

        Closing the iterator cancels a running LLM.
        """
        timings = Timings()
        where = Selection.of(include, exclude)
        request = self._request(question, history, as_of, since, until, k, where)
        found = self._extract(request, timings)
        claims: Sequence[Claim] = found.claims
        note = found.reason
        model = "extractive"
        if self._llm is not None and found.evidence:
            written: list[Claim] = []
            notes: list[str] = []
            try:
                yield from self._write(request, found, written, notes, timings)
                claims, note, model = written, "; ".join(notes) or None, self._llm.name
            except LLMError as error:
                note = "; ".join(part for part in (str(error), *notes, found.reason) if part)
        for n in range(1, len(claims) + 1 if model == "extractive" else 0):
            yield Draft(number_claims(claims[:n])[0])
        yield self._answer(request, found, claims, note, model, timings)

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        as_of: Day = None,
        since: Day = None,
        until: Day = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        """Passages for a query, best first, by the archive's own fused ranking; see ``ask``."""
        request = self._request(query, (), as_of, since, until, k, Selection.of(include, exclude))
        return self.archive.search(
            request.question, request.k, published=request.published, include=include, exclude=exclude
        )

    def without_llm(self) -> Assistant:
        """A desk over the same archive that answers in the archive's own sentences; it need not be closed."""
        return Assistant(self.archive, settings=self._settings)

    def close(self) -> None:
        """Close the archive, if this assistant opened it."""
        if self._owns_archive:
            self.archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _request(
        self,
        question: str,
        history: Sequence[Turn],
        as_of: Day,
        since: Day,
        until: Day,
        k: int | None,
        where: Selection,
    ) -> _Request:
        asked = question.strip()
        if not asked:
            raise BadQuestion("the question is empty; ask in plain words, such as: Who invited Kim Jong Un?")
        if len(asked) > MAX_QUESTION:
            raise BadQuestion(
                f"the question has {len(asked):,} characters, the limit is {MAX_QUESTION:,}; shorten it"
            )
        settings = self._settings
        seen_until = parse_date(as_of) or settings.as_of
        first, last = parse_date(since) or settings.since, parse_date(until) or settings.until
        ends = [day for day in (seen_until, last) if day]
        if first and ends and first > min(ends):
            raise BadDate(f"nothing lies between since {first} and {min(ends)}; move one of the two dates")
        if where:
            self.archive.know_sources(where)
        published = DateRange(first, min(ends)) if ends else DateRange(first) if first else ALWAYS
        whole = rewrite(asked, history, self._llm) if self._llm else standalone(asked, history)
        return _Request(
            asked,
            whole,
            topic(asked, whole, history),
            tuple(history),
            seen_until or self.archive.newest(),
            published,
            where,
            k or settings.k,
        )

    def _extract(self, request: _Request, timings: Timings) -> Extract:
        # The question's own words first: a rewritten follow-up may carry a date of an earlier turn.
        period = None
        if request.as_of:
            period = read_period(request.question, request.as_of) or read_period(
                request.standalone, request.as_of
            )
        search = Search(
            self.archive,
            Reader.load(),
            request.published,
            period,
            request.as_of,
            request.topic,
            answer_from(self._settings.tolerated_error),
            request.where,
        )
        found = extract(request.standalone, search, timings)
        if found.claims or found.evidence:
            return found
        return replace(found, reason=self._nothing_in_range(request, period.text if period else None))

    def _write(
        self, request: _Request, found: Extract, written: list[Claim], notes: list[str], timings: Timings
    ) -> Iterator[Draft]:
        """Have the LLM write from the evidence; every claim has passed its check when it comes."""
        from rag.write import write

        assert self._llm is not None
        claims = write(
            request.standalone,
            found.evidence[: request.k],
            self._llm,
            as_of=request.as_of,
            history=request.history,
            notes=notes,
            strike=self._settings.unsupported == "strike",
        )
        while True:
            with timings.stage("write"):
                claim = next(claims, None)
            if claim is None:
                return
            written.append(claim)
            yield Draft(number_claims(written)[0])

    def _answer(
        self,
        request: _Request,
        found: Extract,
        claims: Sequence[Claim],
        note: str | None,
        model: str,
        timings: Timings,
    ) -> Answer:
        with timings.stage("verify"):
            text, statements, citations = number_claims([_checked(claim) for claim in claims])
        return Answer(
            question=request.question,
            standalone_question=request.standalone,
            as_of=request.as_of.isoformat() if request.as_of else None,
            text=text or NO_ANSWER,
            short=found.short if any(found.short and found.short in c.quote for c in citations) else None,
            abstained=not citations,
            reason=note,
            confidence=round(found.confidence, 4),
            statements=statements,
            citations=citations,
            passages=tuple(_passage_ref(each) for each in found.evidence[: request.k]),
            model=model,
            archive_fingerprint=self.archive.fingerprint,
            timings_ms=timings.as_dict(),
        )

    def _nothing_in_range(self, request: _Request, period: str | None) -> str:
        status = self.archive.status()
        asked = f" for “{period}”" if period else ""
        shown = " to ".join(str(day) for day in (request.published.since, request.published.until) if day)
        told = f" {request.where}" if request.where else ""
        when = f" published {shown or 'then'}" if shown or not told else ""
        return (
            f"nothing{told}{when}{asked} is in the archive, which holds "
            f"{status.articles} articles from {status.oldest or 'no known date'} to {status.newest or 'no known date'}"
        )


def _checked(claim: Claim) -> Claim:
    """The claim with its support as the check finds it, whoever wrote it."""
    source = " ".join(quote.text for quote in claim.quotes)
    held = bool(claim.quotes) and check(claim.text, source).score >= SUPPORTED
    return replace(claim, support="verified" if held else "unverified")


def _passage_ref(evidence: Evidence) -> PassageRef:
    passage, text = evidence.passage, evidence.article.text
    whole = text[passage.start : passage.end]  # as it stands in the article, whatever of it was read
    return PassageRef(passage.article_id, passage.start, passage.end, whole, round(evidence.score, 4))
