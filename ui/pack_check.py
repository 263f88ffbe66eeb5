"""Whether an evidence pack says what its articles say: offline, and if asked, whether an archive still says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from index.errors import ArticleNotFound
from index.reports import CheckResult
from rag.answer import NO_ANSWER, Answer
from rag.evidence import UNSUPPORTED
from rag.verify import SUPPORTED, check
from ui.export_parts import markers, words_of
from ui.pack_file import read_zip
from ui.pack_format import LAYOUT, PACK, PAGE, SUMS, BadPack, sums
from ui.pack_opened import Cited, Opened, open_pack, packed_page
from ui.words import visible

if TYPE_CHECKING:
    from index.archive import Archive

_NAMED = 3  # of the troubles of one kind
_LONGEST = (
    20_000  # characters of a sentence, or of its quotes, that are compared; citedesk's own are far shorter
)
Verdict = Literal["same", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an archive now says where a pack has a quote: the same, another text, or nothing."""

    question: int
    number: int
    title: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PackReport:
    """The outcome of `check_pack`; ``now`` is empty unless it was compared with an archive.

    ``ok`` tells of the pack alone: that an archive has changed since is no fault of the pack.
    """

    title: str
    made_by: str
    checks: tuple[CheckResult, ...]
    now: tuple[Comparison, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)


def check_pack(path: str | Path, archive: Archive | None = None) -> PackReport:
    """Check an evidence pack; with an archive, also tell what has changed there since.

    A file that is no pack, or is made to do harm, fails its one check, which says why. Raises SourceNotFound.
    """
    try:
        opened = open_pack(read_zip(Path(path)))
    except BadPack as error:
        return PackReport("", "", (CheckResult("pack", False, str(error)),))
    checks = (
        _files(opened),
        _articles(opened),
        _quotes(opened),
        _markers(opened),
        _support(opened),
        _page(opened),
    )
    now = tuple(_compared(each, archive) for each in opened.cited) if archive else ()
    return PackReport(opened.pack.conversation.title, opened.pack.citedesk, checks, now)


def _result(name: str, fine: str, troubles: Sequence[str]) -> CheckResult:
    """One line, which names the first few troubles if there are any."""
    if not troubles:
        return CheckResult(name, True, fine)
    more = f"; and {len(troubles) - _NAMED:,} more" if len(troubles) > _NAMED else ""
    return CheckResult(name, False, visible("; ".join(troubles[:_NAMED]) + more))


def _files(opened: Opened) -> CheckResult:
    """Every file is as ``SHA256SUMS`` says, and it says nothing of others."""
    files = {name: data for name, data in opened.files.items() if name != SUMS}
    right, said = sums(files).splitlines(), opened.files[SUMS].splitlines()
    known = set(said)
    changed = [line.split(b"  ")[1].decode() for line in right if line not in known]
    troubles = [f"{name} is not as {SUMS} says: it was changed" for name in changed]
    if not troubles and sums(files) != opened.files[SUMS]:
        troubles = [f"{SUMS} speaks of files that are not there, or was changed"]
    return _result("files", f"{len(files):,} files, each as {SUMS} says", troubles)


def _articles(opened: Opened) -> CheckResult:
    """Every citation has its article, unchanged, under the name that the answer gives it; and there are no others."""
    troubles = []
    for each in opened.cited:
        if each.article is None or each.packed is None:
            troubles.append(f"{each.where}: its article is not in the pack, as it was gone from the archive")
            continue
        ref, article = each.citation.article, each.article
        if each.packed.sha256 != opened.hashes[each.packed.file or ""]:
            troubles.append(f"{each.where}: the text of article {ref.id[:40]} has another SHA-256")
        if (ref.id, ref.title, ref.date, ref.url) != (article.id, article.title, article.date, article.url):
            troubles.append(f"{each.where}: the answer names another id, title, date or URL than the article")
    used = {each.packed.file for each in opened.cited if each.packed}
    troubles += [f"{name} is cited by nothing" for name in sorted(opened.articles.keys() - used)]
    fine = f"{len(opened.articles):,} articles, each whole, with its id, title, date and URL"
    return _result("articles", fine, troubles)


def _quotes(opened: Opened) -> CheckResult:
    """Every quote stands in its article at its offsets, and all places that tell of it agree."""
    troubles = []
    for each in opened.cited:
        said, packed = each.citation, each.packed
        told = (said.number, said.article.id, said.start, said.end, said.quote)
        if packed is None or told != (packed.number, packed.article, packed.start, packed.end, packed.quote):
            troubles.append(f"{each.where}: the answer and the list of citations do not agree")
        if not said.quote or not 0 <= said.start < said.end:
            troubles.append(f"{each.where}: it quotes nothing")
        elif each.article is None:
            troubles.append(f"{each.where}: nothing to compare the quote with")
        elif each.article.text[said.start : said.end] != said.quote:
            troubles.append(f"{each.where}: the article does not say this at {said.start:,} to {said.end:,}")
    for turn, exchange in enumerate(opened.pack.exchanges, start=1):
        known = len(opened.answers[turn].citations) if turn in opened.answers else 0
        if len(exchange.citations) != known:
            troubles.append(
                f"question {turn}: {len(exchange.citations)} citations listed, {known} in the answer"
            )
    return _result("quotes", f"{len(opened.cited):,} quotes, each at its place to the letter", troubles)


def _markers(opened: Opened) -> CheckResult:
    """Every marker has a citation and every citation a marker; an answer is its statements and nothing else."""
    troubles = [
        f"question {turn}: {why}" for turn, said in opened.answers.items() if (why := _misplaced(said))
    ]
    for turn, exchange in enumerate(opened.pack.exchanges, start=1):
        if (exchange.answer is not None) != (exchange.state == "answered"):
            troubles.append(f"question {turn}: its state is {exchange.state}, which does not fit")
        elif turn in opened.answers and opened.answers[turn].question != exchange.question.strip():
            troubles.append(f"question {turn}: the answer is to another question")
    total = sum(len(said.statements) for said in opened.answers.values())
    return _result("markers", f"{total:,} sentences, each marker with its citation and back", troubles)


def _misplaced(said: Answer) -> str | None:
    """What is wrong with the numbers of an answer."""
    numbers = [citation.number for citation in said.citations]
    used = list(dict.fromkeys(number for each in said.statements for number in each.citations))
    if numbers != list(range(1, len(numbers) + 1)) or used != numbers:
        return "its markers and its citations are not the same"
    if said.abstained != (not numbers):
        return "it says that the archive does not say, or that it does, against its citations"
    if said.text != (" ".join(each.text for each in said.statements) or NO_ANSWER):
        return "its text is not that of its statements"
    for each in said.statements:
        if said.text[each.start : each.end] != each.text:
            return "a statement does not stand where it should"
        if each.citations and not each.text.endswith(markers(each.citations)):
            return "a statement does not end with the markers of its citations"
        if not each.citations and (each.support == "verified" or not each.text.startswith(_STRUCK)):
            return "a statement has no source and does not say so"
    if said.short is not None and not any(said.short in each.quote for each in said.citations):
        return "its short answer stands in none of its quotes"
    return None


_STRUCK = UNSUPPORTED.partition("{")[0]


def _support(opened: Opened) -> CheckResult:
    """Every sentence that was shown as verified is borne out by its quotes, by the check that citedesk has now."""
    troubles, verified, marked = [], 0, 0
    for turn, said in opened.answers.items():
        quotes = {citation.number: citation.quote for citation in said.citations}
        for at, statement in enumerate(said.statements, start=1):
            if statement.support != "verified":
                marked += 1
                continue
            verified += 1
            source = " ".join(quotes.get(number, "") for number in statement.citations)
            if max(len(statement.text), len(source)) > _LONGEST:
                troubles.append(f"question {turn}, sentence {at}: it is too long to be one of citedesk's")
            elif check(words_of(statement).text, source).score < SUPPORTED:
                troubles.append(f"question {turn}, sentence {at}: its quotes do not bear it out")
    as_shown = f"; {marked:,} marked unverified, as they were when shown" if marked else ""
    return _result("support", f"{verified:,} sentences borne out by their quotes{as_shown}", troubles)


def _page(opened: Opened) -> CheckResult:
    """The page shows what ``pack.json`` says."""
    if not 1 <= opened.pack.layout <= LAYOUT:
        return CheckResult("page", False, "it was made by a later citedesk; update this one to check it")
    if opened.pack.layout != LAYOUT:
        return CheckResult(
            "page",
            True,
            f"not compared: citedesk {opened.pack.citedesk[:20]} made it another way; read {PACK}",
        )
    same = packed_page(opened.pack, opened.answers) == opened.files[PAGE]
    return _result("page", f"{PAGE} shows what {PACK} says", [] if same else [f"{PAGE} shows something else"])


def _compared(each: Cited, archive: Archive) -> Comparison:
    said = each.citation
    verdict: Verdict = "same"
    try:
        now = archive.cited(said.article.id, said.start, said.end, said.quote)
        if now.superseded is not None or (each.article and now.article.text != each.article.text):
            verdict = "changed"
    except ArticleNotFound:
        verdict = "changed" if _is_there(said.article.id, archive) else "gone"
    return Comparison(each.turn, said.number, said.article.title, verdict)


def _is_there(article_id: str, archive: Archive) -> bool:
    try:
        archive.article(article_id)
    except ArticleNotFound:
        return False
    return True
