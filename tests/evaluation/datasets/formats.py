"""Sets of questions with judged documents, in the formats that they come in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.evaluation.datasets import clapnq, cranfield, simple, squad
from tests.evaluation.datasets.raw import Malformed, Raw
from tests.evaluation.datasets.retrieval_set import RetrievalSet, checked


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which sets are stored, known by the files of their directory. `read` raises
    Malformed, OSError."""

    name: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Raw]


FORMATS = (
    Format("simple", simple.recognises, simple.read),
    Format("Cranfield", cranfield.recognises, cranfield.read),
    Format("CLAPnq", clapnq.recognises, clapnq.read),
    Format("SQuAD", squad.recognises, squad.read),
)


def read(directory: Path) -> RetrievalSet | None:
    """The set in a directory; None where there is none. Raises Malformed for one that cannot
    be measured, and says why."""
    for each in FORMATS:
        if each.recognises(directory):
            try:
                return checked(each.read(directory))
            except (KeyError, TypeError, AttributeError, IndexError) as error:
                kind = type(error).__name__
                raise Malformed(f"is not in the format of {each.name} ({kind})") from None
            except (OSError, ValueError) as error:
                # The words of a decoder may quote the text.
                raise Malformed(f"cannot be read ({type(error).__name__})") from None
    return None
