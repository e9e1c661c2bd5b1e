"""Leases by name: who of several servers leads."""

from datetime import timedelta

from sqlalchemy import Connection, delete, or_, update

from rag_server.stores.catalog.engine import insert_missing
from rag_server.stores.catalog.instant import Clock, to_micros
from rag_server.stores.catalog.schema import leases
from rag_server.stores.catalog.writer import Writer


class SqlLeases:
    """Implements `Leases`. Times are of the server's clock: servers whose clocks differ by
    more than a lease may lead at the same time, which what they do must bear anyway."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock

    def take(self, name: str, owner: str, seconds: float) -> bool:
        """Take or renew; False while another owner holds it."""
        now = self._clock()
        until = to_micros(now + timedelta(seconds=seconds))
        row = {"name": name, "owner": owner, "lease_until": until}
        free = or_(leases.c.owner == owner, leases.c.lease_until <= to_micros(now))

        def work(connection: Connection) -> bool:
            taken = update(leases).where(leases.c.name == name, free).values(row)
            made = insert_missing(leases, "name").values(row)
            return any(connection.execute(each).rowcount == 1 for each in (taken, made))

        return self._writer.run(work)

    def release(self, name: str, owner: str) -> None:
        """End the lease if `owner` holds it."""
        ended = delete(leases).where(leases.c.name == name, leases.c.owner == owner)
        self._writer.run(lambda connection: connection.execute(ended))
