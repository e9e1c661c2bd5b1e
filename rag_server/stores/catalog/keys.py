"""API keys: `rk_<id>_<secret>`, of which only a hash is stored."""

import re
import secrets
from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Connection, insert, select, update

from rag_server.core.errors import NotAuthenticated, NotFound, Reason
from rag_server.core.filters import Filter
from rag_server.core.principal import Principal, Role
from rag_server.core.protocols import KeyRecord
from rag_server.stores.catalog.cursor import Cursor
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.filter_json import decode_filter, encode_filter
from rag_server.stores.catalog.instant import Clock, from_micros, to_micros
from rag_server.stores.catalog.schema import keys
from rag_server.stores.catalog.writer import Writer

# 4 random bytes in hex, 32 in urlsafe base64 without padding.
_KEY = re.compile(r"rk_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_BY_ID = "SELECT hash, tenant, roles, filter FROM keys WHERE id = ? AND revoked_at IS NULL"


class SqlKeys:
    """Implements `KeyStore`. A secret holds 256 random bits, so that a plain hash is enough."""

    def __init__(self, database: Database, cursor: Cursor, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._cursor = cursor
        self._writer = writer
        self._clock = clock

    def create(
        self, tenant: str, roles: frozenset[Role], name: str, filter: Filter | None
    ) -> tuple[KeyRecord, str]:
        """A new key and its full text, which cannot be read again."""
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        created_at = self._clock()
        principal = Principal(tenant, roles, filter, key_id)
        row = insert(keys).values(
            id=key_id,
            hash=_hash(secret),
            tenant=tenant,
            roles=" ".join(sorted(roles)),
            filter=encode_filter(filter) if filter is not None else None,
            name=name,
            created_at=to_micros(created_at),
        )
        self._writer.run(lambda connection: connection.execute(row))
        return KeyRecord(key_id, principal, name, created_at, None), f"rk_{key_id}_{secret}"

    def authenticate(self, key: str) -> Principal:
        """The principal of a key that is well formed, known and not revoked."""
        parts = _KEY.fullmatch(key)
        if parts is None:
            raise _refused()
        key_id, secret = parts.groups()
        rows = self._cursor.rows(_BY_ID, (key_id,))
        if not rows:
            raise _refused()
        ((stored, tenant, roles, narrowing),) = rows
        if not compare_digest(stored, _hash(secret)):
            raise _refused()
        return _principal(key_id, tenant, roles, narrowing)

    def all(self) -> list[KeyRecord]:
        """All keys, oldest first."""
        table = keys.c
        query = select(
            table.id,
            table.tenant,
            table.roles,
            table.filter,
            table.name,
            table.created_at,
            table.revoked_at,
        ).order_by(table.created_at, table.id)
        with self._database.reading() as connection:
            return [_record(*row) for row in connection.execute(query)]

    def revoke(self, id: str) -> None:
        """Revoke from now on; the first revocation's time stays."""

        def work(connection: Connection) -> None:
            if connection.scalar(select(keys.c.id).where(keys.c.id == id)) is None:
                raise NotFound("there is no key with this id", metadata={"key": id})
            live = (keys.c.id == id, keys.c.revoked_at.is_(None))
            revoked_at = to_micros(self._clock())
            connection.execute(update(keys).where(*live).values(revoked_at=revoked_at))

        self._writer.run(work)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _refused() -> NotAuthenticated:
    return NotAuthenticated("the API key is not valid", Reason.INVALID_API_KEY)


def _principal(id: str, tenant: str, roles: str, filter: str | None) -> Principal:
    narrowed = decode_filter(filter) if filter is not None else None
    return Principal(tenant, frozenset(map(Role, roles.split())), narrowed, id)


def _record(
    id: str,
    tenant: str,
    roles: str,
    filter: str | None,
    name: str,
    created_at: int,
    revoked_at: int | None,
) -> KeyRecord:
    return KeyRecord(
        id,
        _principal(id, tenant, roles, filter),
        name,
        from_micros(created_at),
        None if revoked_at is None else from_micros(revoked_at),
    )
