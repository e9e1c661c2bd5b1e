"""Sessions with a PostgreSQL server that has to answer in time."""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from rag_server.stores.catalog.location import PostgresOptions

T = TypeVar("T")

# Statements are prepared when they are executed for the second time.
_PREPARE_THRESHOLD = 1
# What the server's own time-outs get before this side gives up, in seconds.
_MARGIN = 1.0
# Silence after which a connection is tested, the time between two tests, how many may fail.
_KEEPALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
_CONFIGURE = """
SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false),
  set_config('idle_in_transaction_session_timeout', %s, false)
"""

# Integers of any size are sent as one type, or each size would be a statement of its own.
_ADAPTERS = AdaptersMap(psycopg.adapters)
_ADAPTERS.register_dumper(int, Int8Dumper)
_ADAPTERS.register_dumper(int, Int8BinaryDumper)


class _BinaryCursor(psycopg.Cursor[Any]):
    """Results as the server has them: vectors and texts are not spelled out in hex."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.format = Format.BINARY


class Session(psycopg.Connection[Any]):
    """A connection that is given up when the server says nothing for `patience` seconds.

    The server's time-outs do not work while it is stopped, and the operating system's see
    nothing amiss as long as the machine is there: a thread would wait without end.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """The result of `gen`; raises OperationalError after `patience`."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                # Whatever comes from the server now belongs to no question any more.
                self.pgconn.finish()
            raise

    def answers(self, seconds: float) -> bool:
        """Whether the server does, within `seconds`; outside of a transaction."""
        usual, self.patience = self.patience, seconds
        try:
            self.autocommit = True
            self.execute("")
            self.autocommit = False
        except psycopg.Error:
            return False
        finally:
            self.patience = usual
        return True


def connect(options: PostgresOptions) -> Session:
    """A new session, not in autocommit mode. Raises psycopg.Error."""
    usual: dict[str, Any] = {
        "application_name": "ragrpc",
        "connect_timeout": max(2, round(options.connect_timeout)),
        "tcp_user_timeout": _milliseconds(options.statement_timeout),
        **_KEEPALIVE,
    }
    given = conninfo_to_dict(options.url)
    secret = {} if options.password is None else {"password": options.password}
    session = Session.connect(
        make_conninfo("", **{**usual, **given, **secret}),
        context=_ADAPTERS,
        prepare_threshold=_PREPARE_THRESHOLD,
        cursor_factory=_BinaryCursor,
        autocommit=True,
    )
    session.patience = options.connect_timeout
    times = (options.statement_timeout, options.lock_timeout, options.statement_timeout)
    session.execute(_CONFIGURE, [str(_milliseconds(seconds)) for seconds in times])
    session.autocommit = False
    session.patience = options.statement_timeout + _MARGIN
    return session


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1_000)
