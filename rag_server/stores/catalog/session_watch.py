"""Whether a PostgreSQL server answers, asked on a connection that nobody else uses."""

from dataclasses import replace
from threading import Lock

import psycopg

from rag_server.stores.catalog.engine import PING, unavailable
from rag_server.stores.catalog.location import PostgresOptions
from rag_server.stores.catalog.session import Session, connect

# Longest wait for an answer, to connect or to read next to nothing.
_SECONDS = 2.0


class SessionWatch:
    """Remembers the last answer: a server that did not give one is not asked for anything
    else. Where nobody asks, nothing is refused."""

    def __init__(self, options: PostgresOptions) -> None:
        self._options = replace(options, connect_timeout=_SECONDS)
        self._session: Session | None = None
        self._asking = Lock()
        self._away = False

    def ask(self) -> None:
        """Raises Unavailable when there is no answer within two seconds."""
        with self._asking:
            try:
                self._read()
            except psycopg.Error as error:
                self._away = True
                self._drop()
                raise unavailable() from error
            self._away = False

    def check(self) -> None:
        """Raises Unavailable when there was no answer the last time."""
        if self._away:
            raise unavailable()

    def close(self) -> None:
        """Close the connection."""
        with self._asking:
            self._drop()

    def _read(self) -> None:
        if self._session is None:
            self._session = connect(self._options)
            self._session.autocommit = True
            self._session.patience = _SECONDS
        self._session.execute(PING)

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
