"""Opaque tokens that callers hand back: consistency tokens and page tokens.

A token carries a checksum over what it belongs to, so that a damaged one, or one
of another collection or list, is refused instead of being misread. Tokens are not
secrets and grant nothing.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from rag_server.core.documents import View
from rag_server.core.errors import InvalidRequest, Reason, Violation

_CHECK_BYTES = 6


def consistency_token(collection_id: int, revision: int) -> str:
    """Token of a write that made `revision` of a collection."""
    return _seal(str(revision), f"collection:{collection_id}")


def revision_of(token: str, view: View) -> int:
    """Revision of a consistency token for the view's collection. Raises InvalidRequest."""
    payload = _open(token, f"collection:{view.collection_id}")
    revision = _number(payload)
    if revision is None:
        raise _invalid("consistency.at_least_as_fresh", Reason.INVALID_CONSISTENCY_TOKEN)
    return revision


def page_token(after: str, listing: str) -> str:
    """Token of the page that begins above `after`; `listing` names the list."""
    return _seal(after, f"page:{listing}")


def page_start(token: str, listing: str) -> str:
    """Where the page of a token begins; empty for the first page. Raises InvalidRequest."""
    if not token:
        return ""
    payload = _open(token, f"page:{listing}")
    if payload is None:
        raise _invalid("page_token", Reason.INVALID_PAGE_TOKEN)
    return payload


def page_start_number(token: str, listing: str) -> int:
    """The same for a list that is ordered by a number; -1 for the first page."""
    start = page_start(token, listing)
    number = _number(start) if start else -1
    if number is None:
        raise _invalid("page_token", Reason.INVALID_PAGE_TOKEN)
    return number


def _number(payload: str | None) -> int | None:
    """What was sealed as a number. Anybody can seal anything: trust nothing."""
    fits = payload is not None and payload.isascii() and payload.isdecimal() and len(payload) <= 18
    return int(payload) if payload is not None and fits else None


def _invalid(field: str, reason: Reason) -> InvalidRequest:
    description = "is damaged or belongs to something else"
    return InvalidRequest(
        f"{field} {description}", reason, violations=[Violation(field, description)]
    )


def _check(payload: bytes, owner: str) -> bytes:
    return sha256(payload + b"\0" + owner.encode()).digest()[:_CHECK_BYTES]


def _seal(payload: str, owner: str) -> str:
    encoded = payload.encode()
    return urlsafe_b64encode(_check(encoded, owner) + encoded).decode().rstrip("=")


def _open(token: str, owner: str) -> str | None:
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        check, payload = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        return payload.decode() if check == _check(payload, owner) else None
    except (binascii.Error, ValueError):
        return None
