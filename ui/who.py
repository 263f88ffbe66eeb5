"""Who did it: questions so particular that an archive of any size answers them from one sentence.

"House Democrats joined the hardliners in ejecting McCarthy" asks "Who joined the hardliners in ejecting McCarthy?"
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.articles import Article
from ui.examples import NAME, NO_NAME, SENTENCE, VERBS, Candidate

# Past tense of what people, companies and countries do to something that a question can name.
_DID = (
    "acquired|appointed|asked|assassinated|backed|beat|blocked|boycotted|broke|built|called|canceled|cancelled|"
    "celebrated|challenged|charged|closed|created|defeated|defended|demanded|deployed|designed|destroyed|"
    "developed|donated|drove|dropped|earned|elected|endorsed|escaped|expanded|expelled|faced|filed|fined|fired|"
    "founded|gave|headed|helped|hired|hit|hosted|imposed|indicted|introduced|invaded|invented|invited|joined|"
    "killed|led|left|made|married|met|named|nominated|offered|ousted|overtook|overturned|paid|passed|played|"
    "pledged|produced|proved|published|pulled|pushed|quit|raided|ran|reached|received|recorded|refused|removed|"
    "replaced|rescued|resigned|sang|sank|scored|sent|set|shot|slammed|split|started|stole|stopped|struck|sued|"
    "supported|surpassed|suspended|swore|testified|took|topped|treated|used|visited|voted|wore|"
    + "|".join(VERBS)
)
_DONE = (
    "acquitted|appointed|arrested|assassinated|beaten|charged|convicted|crowned|defeated|detained|elected|"
    "expelled|extradited|fined|fired|hired|hospitalized|impeached|indicted|injured|killed|named|nominated|ousted|"
    "picked|re-elected|removed|replaced|rescued|sanctioned|selected|sentenced|shot|sued|suspended|sworn"
)
_WHO = re.compile(
    rf"(?:^|[,;] |\band |\bwhile |\bthat )(?P<who>{NAME})(?:,[^,.;]{{3,80}},)? "
    rf"(?P<did>(?:(?:has|have) )?(?:recently |also |\w+ly )?(?:{_DID})"
    rf"|(?:was|were|has been|have been) (?:\w+ly )?(?:{_DONE})) "
    r"(?P<rest>[^,;:!?\"“”()—–\n]{8,110}?)"
    r"(?=[,;:!?\"“”()—–]|\.(?:\s|$)|$| (?:after|when|while|because|since|as|but|before|if|according)\b"
    r"| and (?:he|she|they|it|said|has|have|was|were)\b)"
)
# A question stands alone, and says nothing that only its sentence makes clear.
_UNCLEAR = re.compile(
    r"\b(?:he|she|they|it|his|her|their|its|him|them|this|these|those|I|we|our|my|you|your|us|there|here|that|"
    r"who|whose|which|what|where|how|is|are|was|were|has|have|had|will|would|could|should|can|did|does|do|"
    r"\w+n['’]t|himself|herself|itself|today|yesterday|tomorrow|\w+day)\b",
    re.IGNORECASE,
)
_CUT_OFF = re.compile(
    r"(?:\w-\w+|\b(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec|Sen|Rep|Gov|Gen|Dr|Mr|Mrs|Ms|St|No|Lt|Jr|Inc|vs|"
    r"a|an|the|of|to|in|on|at|by|for|from|with|and|or))$"
)
_FEWEST_WORDS = 3


def who_did(article: Article, start: int = 0, end: int | None = None) -> Iterator[Candidate]:
    """Questions for who did, or to whom was done, what the sentences from ``start`` to ``end`` tell.

    >>> a = Article("House Democrats joined the conservative hardliners in ejecting McCarthy, who had led them.")
    >>> [c.question for c in who_did(a)]
    ['Who joined the conservative hardliners in ejecting McCarthy?']
    """
    whole = len(article.text) if end is None else end
    for sentence in SENTENCE.finditer(article.text, max(start, article.body_start), whole):
        for told in _WHO.finditer(sentence[0].strip()):
            rest = told["rest"].strip()
            clear = not _UNCLEAR.search(rest) and not _CUT_OFF.search(rest)
            if clear and len(rest.split()) >= _FEWEST_WORDS and told["who"].split()[0] not in NO_NAME:
                yield Candidate(f"Who {told['did']} {rest}?", article.id, *sentence.span())
