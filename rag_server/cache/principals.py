"""Principals of API keys, for a catalog that is not in this process."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from time import monotonic

from rag_server.core.call import Deadline
from rag_server.core.errors import NotAuthenticated, RagError
from rag_server.core.principal import Principal
from rag_server.core.protocols import KeyStore, Workers

# How long an answer holds, and the catalog has for it, in seconds.
_HOLDS_SECONDS = 1.0
_PATIENCE_SECONDS = 10.0
_MOST = 10_000


class Principals:
    """Looks keys up in threads, so that the event loop never waits for the catalog, and
    remembers the answers for a second: that late at most a key is seen as revoked."""

    def __init__(
        self, keys: KeyStore, workers: Workers, clock: Callable[[], float] = monotonic
    ) -> None:
        self._keys = keys
        self._workers = workers
        self._clock = clock
        # By digest: whether it holds until then, and the answer.
        self._known: OrderedDict[bytes, tuple[float, Principal | RagError]] = OrderedDict()

    async def look_up(self, key: str) -> None:
        """Have an answer ready for `authenticate`, which must follow before anything else is
        awaited."""
        digest = _digest(key)
        until, _ = self._known.get(digest, (0.0, None))
        if self._clock() < until:
            return
        answer = await self._ask(key)
        lasts = isinstance(answer, Principal | NotAuthenticated)
        self._known[digest] = (self._clock() + _HOLDS_SECONDS if lasts else 0.0, answer)
        self._known.move_to_end(digest)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

    def authenticate(self, key: str) -> Principal:
        """The principal of a key that has been looked up. Raises what the catalog raised."""
        _, answer = self._known[_digest(key)]
        if isinstance(answer, RagError):
            raise answer
        return answer

    async def _ask(self, key: str) -> Principal | RagError:
        try:
            return await self._workers.run(
                lambda: self._keys.authenticate(key), Deadline(_PATIENCE_SECONDS)
            )
        except RagError as error:
            return error


def _digest(key: str) -> bytes:
    return sha256(key.encode(errors="surrogatepass")).digest()
