"""Text in bytes, and text that can be stored."""

from rag_server.ingestion.refusal import unreadable

# Control characters but for tab and newline, and what Unicode says is no character.
_INVISIBLE = dict.fromkeys((*range(9), *range(11, 32), *range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF))


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
    return lines.translate(_INVISIBLE).encode(errors="replace").decode()
