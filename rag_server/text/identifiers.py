"""What of a question names a thing rather than says something about it."""

import re

from rag_server.text.vocabulary import STOP_WORDS

# Letters and digits within one word, signs between the parts of a word, or a capital within.
_IDENTIFIER = re.compile(
    r"(?=\S*[^\W\d_])\S*\d\S*"
    r"|\S*\w(?:_|::|[./\\@#:])\w\S*"
    r"|[/\\~]\S*\w\S*"
    r"|\d+(?:[.:-]\d+)+"
    r"|[^\W\d_]*[a-z][A-Z]\w*"
)
_EDGES = "?!.,;:\"'`()[]{}<>«»“”\u2018\u2019"


def names_things(question: str) -> bool:
    """Whether at least half of the words that say something are identifiers, such as
    `ERR_CONN_42`, `v1.2.3`, `os.path.join`, `getUserName` or a path."""
    words = [each for each in (word.strip(_EDGES) for word in question.split()) if each]
    telling = [each for each in words if each.casefold() not in STOP_WORDS]
    named = sum(_IDENTIFIER.fullmatch(each) is not None for each in telling)
    return named > 0 and len(telling) <= 2 * named
