"""The titles that parsers read."""

import re

_LONGEST_TITLE = 1024
# What programs put in the place of a title: the name of a file, or of none.
_NO_TITLE = re.compile(
    r"(?i)(?:untitled|document\d*|word document|powerpoint presentation|microsoft \w+ - .*"
    r"|\S*\.\w{2,5}|.*\.(?:docx?|pdf|tex|indd|rtf|odt))"
)


def bounded(title: str) -> str:
    """The beginning of `title` in at most 1,024 bytes of UTF-8, cut between characters,
    without white space at its ends."""
    # A character takes a byte at least; cut first, so that no huge title is encoded.
    encoded = title.strip()[:_LONGEST_TITLE].encode(errors="replace")
    return encoded[:_LONGEST_TITLE].decode(errors="ignore").rstrip()


def of_properties(title: str) -> str:
    """The title from the properties of a file; empty for what no person would have written."""
    found = bounded(" ".join(title[: 2 * _LONGEST_TITLE].split()))
    return "" if _NO_TITLE.fullmatch(found) else found
