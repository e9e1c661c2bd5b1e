"""Text in bytes, and text that can be stored."""

import re

from rag_server.ingestion.refusal import unreadable

# Control characters but for tab and newline, and what Unicode says is no character.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")


def decoded(content: bytes) -> str:
    """UTF-8 without its byte order mark. Raises InvalidRequest for anything else."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unreadable("is not UTF-8 text") from None


def visible(text: str) -> str:
    """`text` from a format of its own, without what no reader sees and UTF-8 cannot hold;
    lines end in a newline."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", lines).encode(errors="replace").decode()
