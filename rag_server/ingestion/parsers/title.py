"""Bound on the titles that parsers read."""

_LONGEST_TITLE = 1024


def bounded(title: str) -> str:
    """The beginning of `title` in at most 1,024 bytes of UTF-8, cut between characters,
    without white space at its ends."""
    # A character takes a byte at least; cut first, so that no huge title is encoded.
    encoded = title.strip()[:_LONGEST_TITLE].encode(errors="replace")
    return encoded[:_LONGEST_TITLE].decode(errors="ignore").rstrip()
