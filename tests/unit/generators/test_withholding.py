import pytest

from rag_server.generators.withholding import Withholding


def through(*pieces: str) -> tuple[str, bool]:
    withholding = Withholding("NO_ANSWER")
    shown = "".join(withholding.add(each) for each in pieces)
    declined = withholding.declined
    return (shown if declined else shown + withholding.rest()), declined


@pytest.mark.parametrize(
    "pieces", [("NO_ANSWER",), ("NO", "_ANS", "WER"), ("", " NO_ANSWER", ".", "\n")]
)
def test_the_sign_is_never_shown(pieces: tuple[str, ...]) -> None:
    assert through(*pieces) == ("", True)


@pytest.mark.parametrize(
    "pieces",
    [("Cats", " purr."), ("NO", "body knows."), ("NO_ANSWER", " but cats purr."), ("NO_A",)],
)
def test_anything_else_is_shown_whole(pieces: tuple[str, ...]) -> None:
    assert through(*pieces) == ("".join(pieces), False)


def test_what_cannot_be_the_sign_is_shown_at_once() -> None:
    withholding = Withholding("NO_ANSWER")
    assert withholding.add("Ca") == "Ca"
    assert withholding.add("ts") == "ts"
