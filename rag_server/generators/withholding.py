"""Holds text back for as long as it may still turn out to be a sign."""


class Withholding:
    """Passes a stream of text on, unless all of it is `sign` (white space and a final
    stop aside)."""

    def __init__(self, sign: str) -> None:
        self._sign = sign
        self._held = ""
        self._open = False

    def add(self, text: str) -> str:
        """What can be shown now: nothing while the text so far may be the sign."""
        if self._open:
            return text
        self._held += text
        if self._may_be_sign():
            return ""
        self._open = True
        return self.rest()

    @property
    def declined(self) -> bool:
        """Whether all of the text so far is the sign."""
        return not self._open and self._held.strip().rstrip(".") == self._sign

    def rest(self) -> str:
        """What is still held back."""
        held, self._held = self._held, ""
        return held

    def _may_be_sign(self) -> bool:
        seen = self._held.strip().rstrip(".")
        return self._sign.startswith(seen)
