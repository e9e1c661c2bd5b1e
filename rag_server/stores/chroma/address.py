"""Where a Chroma server is."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Address:
    """A Chroma server, and the part of it that is ours. `ca`: PEM file of the authorities
    that its certificate must come from; None: those that the system trusts."""

    host: str
    port: int
    tenant: str
    database: str
    tls: bool = False
    ca: Path | None = None
    api_key: str | None = field(default=None, repr=False)
