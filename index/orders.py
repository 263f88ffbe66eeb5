"""The rules by which `index.instructions` knows a sentence that speaks to a machine.

Each reads one sentence in lower case, with straight quotes and single spaces. Every repetition is bounded and every
rule is tried only where one of its hooks occurs, which keeps the whole linear and fast.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["RULES", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and words of which one must occur for it to match."""

    hooks: tuple[str, ...]
    pattern: re.Pattern[str]


def _rule(hooks: str, pattern: str) -> Rule:
    return Rule(tuple(hook.replace("_", " ") for hook in hooks.split()), re.compile(pattern))


def _any(words: str) -> str:
    return "(?:" + "|".join(words.split()) + ")"


_UP_TO = r"(?:[\w'-]{1,30} ){0,%d}?"
_TWO, _THREE, _FOUR = _UP_TO % 2, _UP_TO % 3, _UP_TO % 4

# Where an order may begin: the sentence, a line, a clause after a stop or a mark; or after "please".
_BEGIN = r"(?:^|[\n.:;!?<>()\[\]\"'*|-] ?|\bplease,? )"
_OR_GOES_ON = (
    r"(?:^|[\n.:;!?<>()\[\]\"'*|,-] ?"
    r"|\b(?:please|and|then|also|instead|now|must|should|can you|could you|would you|will you),? )"
)

_MACHINE = (
    r"(?:ai|a\.i\.|llms?|gpt-?\d?|chatgpt|(?:large )?language models?|chat ?bots?"
    r"|(?:ai|virtual|digital|chat) (?:assistant|agent|model)s?)(?![\w-])"
)
_REPLY = _any("answers? responses? reply replies outputs? completions?")
_CHANGE = _any(
    "add adjust alter anagram append apply augment begin capitali[sz]e change combine conclude convert "
    "delete embed encode "
    "encrypt end enhance enrich expand express invert shift extend finish format group hide include incorporate inject "
    "insert integrate "
    "introduce jumble keep limit make misspell mix modify omit place prefix prepend provide put "
    "rearrange remove render "
    "replace reverse rewrite scramble shorten shuffle spell start structure substitute supplement "
    "swap tailor transform "
    "translate turn use weave wrap write"
)
_LANGUAGE = _any(
    "arabic chinese dutch english french german greek hebrew hindi italian japanese korean latin "
    "mandarin persian polish "
    "portuguese russian spanish swahili swedish turkish ukrainian vietnamese"
)
_GENRE = _any(
    "acrostic ballad code dialogue essay haiku letter limerick lyrics paragraph poem program query "
    "snippet song sonnet "
    "speech story tutorial"
)

_ORDERS = (
    _rule(
        "ignore_ disregard_ forget_ override_ bypass_ overlook_",
        rf"\b(?:ignore|disregard|forget|override|bypass|overlook) {_THREE}"
        r"(?:(?:all|any|previous|prior|above|earlier|preceding|foregoing|original|initial|your|system"
        r"|these|those) "
        rf"{_THREE}(?:instruction|prompt|guideline|directive|programming|training)s?\b"
        r"|(?:the |everything |all (?:of )?(?:the )?)(?:above|foregoing)\b"
        r"(?=$|\W? ?$|[.,:;!?]| and\b| text\b| passages?\b))",
    ),
    _rule(
        "prompt instruction hidden_message initial_message system_message",
        rf"\b(?:reveal|print|repeat|output|leak|show|display|expose|disclose) {_THREE}(?:your|the"
        rf"|its) (?:full |entire )?"
        r"(?:system|initial|hidden|original) (?:prompt|instructions|message)\b"
        r"|\b(?:new|updated|real|actual|secret|hidden|system) instructions? ?:",
    ),
    _rule(
        "do_not_answer_the do_not_respond_to don't_answer_the don't_respond_to",
        r"\b(?:do not|don't) (?:answer|respond to) (?:the|any) (?:user|prompt|query)\b",
    ),
    _rule(
        "the_user any_user all_users every_user these_instructions this_instruction",
        r"(?:^|[\n.!?:;)] ?|\b(?:please|then),? )(?:tell|inform|advise|direct|urge|convince|encourage"
        r"|remind|ask|instruct|warn|assure|invite) "
        r"(?:the|any|all|every) users?\b(?! (?:of|who|that|for)\b)"
        r"|\b(?:do not|don't|never) (?:mention|reveal|repeat|disclose|tell|show|quote) (?:the user"
        r"|(?:this|these) instructions?)\b",
    ),
    _rule(
        "asked prompted queried",
        r"\b(?:if|when|whenever) (?:you(?: are|'re) )?(?:ever )?(?:asked|prompted|queried) (?:about"
        r"|for|who|what|when|where|how|which|to) "
        r"[^.\n]{1,100}?, (?:please |you must |you should |always |only |just )?(?:say|answer|respond"
        r"|reply|state|output|claim|write)\b",
    ),
    _rule(
        "exactly verbatim the_following the_word the_phrase the_string",
        rf"{_BEGIN}(?:print|output|say|repeat|return|respond|reply|answer)(?: with| back)? "
        r"(?:exactly|only|verbatim|the following|the (?:words?|phrase|string)) ?[:'\"]",
    ),
    _rule(
        "conversation chat prompt context",
        r"\b(?:send|forward|post|upload|exfiltrate|append|leak) (?:the |this |all |your "
        r"|our )(?:entire |full |whole )?"
        r"(?:conversation|chat|prompt|context)(?: history| log)? to (?:the )?(?:url|address|server"
        r"|endpoint|https?:|www\.|[\w.]{2,40}@)",
    ),
)
_ROLES = (
    _rule(
        "you_are_ you're_",
        rf"\byou(?: are|'re) (?:now )?(?:(?:an?|the) {_TWO})?{_MACHINE}"
        r"|\byou(?: are|'re) now (?:dan\b|in (?:[\w-]{1,20} ){0,2}mode\b"
        r"|(?:\w{1,20} ){0,3}(?:unrestricted|jailbroken|uncensored)\b)",
    ),
    _rule(
        "as_an_ai as_a_large as_a_language as_an_llm",
        r"\bas an? (?:\w{1,20} ){0,2}?(?:ai|llm|language model)(?: (?:language )?(?:model"
        r"|assistant|chatbot))?(?:,| (?:i|you|your)\b)",
    ),
    _rule(
        "from_now_on",
        r"\bfrom now on,? (?:you (?:will|must|shall|should|are to) )?(?:only |always )?(?:answer"
        r"|respond|reply|output|act as|pretend|translate)\b",
    ),
    _rule(
        "act_as_ pretend_ roleplay_ behave_like",
        rf"\b(?:act as|pretend to be|pretend you(?: are|'re)|roleplay as|behave like) (?:an? )?{_TWO}"
        rf"(?:{_MACHINE}|(?:linux terminal|python interpreter|dan|translator)\b)",
    ),
    _rule(
        "ai:_ ai,_ a.i.:_ a.i.,_ ai_reading ai_processing ai_summari ai_indexing llm gpt "
        "language_model chatbot chat_bot assistant",
        rf"(?:^|[\n.!?] ?|\b(?:note|message|attention|notice|instructions?|reminder|dear|hey|hi"
        rf"|hello),? (?:to |for )?"
        rf"(?:the |any |all )?){_MACHINE}"
        r"(?: (?:reading|processing|summari[sz]ing|indexing) (?:this|the)\b|[:,] (?:you (?:must|should"
        r"|are)|please|ignore|disregard|do not|don't|never"
        r"|always|say|tell|answer|respond|write|add|include|recommend)\b)",
    ),
)
_REPLIES = (
    _rule(
        "your_",
        rf"{_OR_GOES_ON}{_CHANGE}\b.{{0,120}}?\byour (?:\w{{1,20}} )?{_REPLY}\b"
        rf"|\bin (?:each of )?your (?:\w{{1,20}} )?{_REPLY}, (?:please )?\w",
    ),
    _rule(
        "your_ letter vowel consonant",
        r"\b(?:letters?|vowels?|words?|spaces?|punctuation) (?:[\w']{1,20} ){0,3}?(?:of|in"
        r"|from) your (?:\w{1,20} )?"
        r"(?:answer|response|reply|message|output|text)\b"
        rf"|{_BEGIN}(?:replace|substitute|convert|swap|change) {_FOUR}(?:letters?|vowels?"
        rf"|consonants?) {_THREE}(?:with|by|to|for|based)\b",
    ),
    _rule(
        "your_message your_text",
        rf"{_BEGIN}(?:anagram|capitali[sz]e|encode|encrypt|misspell|render|reverse|rewrite|scramble"
        rf"|jumble|shuffle|translate)\b.{{0,80}}?"
        r"\byour (?:message|text)\b",
    ),
    _rule(
        "respond_ reply_ answer_ output_",
        rf"{_BEGIN}(?:respond|reply|answer|output) (?:only|solely|exclusively|just|always"
        rf"|strictly) (?:with|in|using|by|as)\b"
        rf"|{_BEGIN}(?:respond|reply|answer|output) (?:\w{{1,20}} ){{0,2}}?(?:with|in|using"
        rf"|as) (?:the (?:word|phrase|text|string)\b"
        rf"|(?:json|xml|yaml|base64|all caps|upper ?case|emojis?|rhymes?|{_LANGUAGE})\b)",
    ),
)
_TASKS = (
    _rule(
        "write_ show_me_ give_me_ draft_ compose_ create_ generate_ develop_ provide_ produce_ craft_",
        rf"(?:^|[\n.!?:] ?|please )(?:write|draft|compose|create|generate|develop|provide|produce"
        rf"|craft) (?:me |us )?(?:an?|some) "
        rf"{_FOUR}{_GENRE}\b"
        r"|\b(?:write|show me|give me|create|generate) (?:an?|some"
        r"|the) (?:[\w+#-]{1,20} ){0,3}?(?:python|javascript|java|c\+\+|php|sql|bash|html)"
        r" (?:code|function|program|query|script|snippet|class)\b",
    ),
    _rule(
        "draft_ compose_",
        rf"(?:^|[\n.!?:] ?|please )(?:draft|compose) (?:an?|some|the) {_THREE}(?:e-?mail|introduction"
        rf"|memo|report|article|outline|message)\b",
    ),
    _rule(
        "translate_",
        rf"{_BEGIN}translate (?:the following|this|the (?:text|sentence|phrase|word|passage)|['\"])",
    ),
    _rule(
        "'_in_ \"_in_",
        rf"\bwhat(?: is|'s) ['\"][^'\"\n]{{1,60}}['\"] in {_LANGUAGE}\b"
        rf"|\bhow (?:do|would) (?:you|i) (?:say|write) ['\"][^'\"\n]{{1,60}}['\"] in {_LANGUAGE}\b",
    ),
    _rule(
        "provide_ give_",
        rf"{_BEGIN}(?:provide|give) (?:me )?the {_LANGUAGE} (?:word|equivalent|translation)\b",
    ),
    _rule(
        "explain_ describe_ summari define_ break_down_the",
        r"(?:^|[\n.!?] ?)(?:explain|describe|summari[sz]e|define) (?:the|an?|how|what|why|this|that"
        r"|these|when|where) [^.?!\n\"]{3,120}\.?$"
        r"|(?:^|[\n.!?] ?)(?:explain|describe) [^.?!\n\"]{3,100}\b(?:in simple terms|step by step"
        r"|with (?:an )?examples?)\b"
        r"|(?:^|[\n.!?] ?)break down the (?:plot|steps|meaning|argument)\b",
    ),
    _rule("provide_", rf"{_BEGIN}provide (?:an |some )?examples? of how to\b"),
)
_MARKS = (
    _rule(
        "<| << [inst [/inst <passage </passage <doc </doc <context </context <source </source",
        r"<\|[\w /-]{1,30}\|>|\[/?inst\]|<</?sys>>|</?(?:passage|document|context"
        r"|source)s?(?:-\w{1,20})?(?: [^<>\n]{0,80})?>",
    ),
    _rule(
        "<system </system <assistant </assistant <user </user <human </human <instruction "
        "</instruction <prompt </prompt",
        r"</?(?:system|assistant|user|human|instructions?|prompt)>",
    ),
    _rule(
        "##", r"(?:^|\n) ?#{2,6} ?(?:system|instructions?|response|assistant|user|human|prompt)s?(?: ?:|$|\n)"
    ),
    _rule(
        "system: system_: system]: system): assistant: assistant_: assistant]:",
        r"(?:^|\n)[\[(\"']?(?:system|assistant)[\])]? ?: ?\w",
    ),
    _rule(
        "system_prompt system_inst system_mess hidden_prompt hidden_inst hidden_mess new_prompt "
        "new_inst new_mess ---",
        r"\b(?:begin|end|start) (?:of )?(?:system|hidden|new) (?:prompt|instructions?|message)\b"
        r"|(?:^|\n)-{3,20} ?(?:end|begin|start) of (?:passages?|documents?|context|articles?|sources?"
        r"|text|input)\b",
    ),
)
_SCRIPTS = (
    _rule("javascript java_script vbscript livescript", r"\b(?:java|vb|live)script ?: ?\S"),
    _rule("data:", r"\bdata: ?\w{2,20}/[\w.+-]{2,40} ?[;,]"),
    _rule(
        "<",
        r"< ?/?(?:script|iframe|img|svg|object|embed|form|style|link|meta|html|body|base|video|audio"
        r"|input|button)\b"
        r"|<\w{1,15} [^<>\n]{0,200}?\b(?:href|src|style|on[a-z]{3,20}) ?=",
    ),
    _rule(
        "onerror onload onclick onfocus onblur onmouse ontoggle onpointer",
        r"\bon(?:error|load|click|focus|blur|mouse[a-z]{2,10}|toggle|pointer[a-z]{2,10}) ?= ?[\"'\w\\]",
    ),
    _rule("![", r"!\[[^\]\n]{0,200}\] ?\("),
    _rule("&lt;", r"&lt; ?/?(?:a|script|img|iframe|svg)\b"),
    _rule(
        "alert prompt( confirm( eval(",
        r"\b(?:alert|prompt|confirm|eval) ?\( ?(?:\d|document|['\"`]|string)[^)\n]{0,60}\)",
    ),
)
RULES: dict[str, tuple[Rule, ...]] = {
    "orders": _ORDERS,
    "roles": _ROLES,
    "replies": _REPLIES,
    "tasks": _TASKS,
    "marks": _MARKS,
    "scripts": _SCRIPTS,
}
"""What each family of rules looks for: orders, given roles, shapes of the reply, tasks, forged "
"marks, scripts."""
