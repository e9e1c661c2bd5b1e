"""All sections together, and the rules between them."""

import re
from ipaddress import ip_address
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from rag_server.settings import sections

_POSTGRES = re.compile("postgres(ql)?://")


class Settings(BaseSettings):
    """Every setting of the server, immutable and checked. `load_settings` makes it from
    all sources; by itself it takes what it is given and reads nothing."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="RAGRPC_",
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    server: sections.Server = Field(default_factory=sections.Server)
    tls: sections.Tls = Field(default_factory=sections.Tls)
    sidecar: sections.Sidecar = Field(default_factory=sections.Sidecar)
    auth: sections.Auth = Field(default_factory=sections.Auth)
    data: sections.Data = Field(default_factory=sections.Data)
    chroma: sections.Chroma = Field(default_factory=sections.Chroma)
    catalog: sections.Catalog = Field(default_factory=sections.Catalog)
    embedder: sections.Embedder = Field(default_factory=sections.Embedder)
    images: sections.Images = Field(default_factory=sections.Images)
    parsing: sections.Parsing = Field(default_factory=sections.Parsing)
    chunking: sections.Chunking = Field(default_factory=sections.Chunking)
    streaming: sections.Streaming = Field(default_factory=sections.Streaming)
    pools: sections.Pools = Field(default_factory=sections.Pools)
    retrieval: sections.Retrieval = Field(default_factory=sections.Retrieval)
    reranking: sections.Reranking = Field(default_factory=sections.Reranking)
    resident: sections.Resident = Field(default_factory=sections.Resident)
    generation: sections.Generation = Field(default_factory=sections.Generation)
    openai: sections.OpenAi = Field(default_factory=sections.OpenAi)
    maintenance: sections.Maintenance = Field(default_factory=sections.Maintenance)
    jobs: sections.Jobs = Field(default_factory=sections.Jobs)
    backup: sections.Backup = Field(default_factory=sections.Backup)
    logging: sections.Logging = Field(default_factory=sections.Logging)
    tracing: sections.Tracing = Field(default_factory=sections.Tracing)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what is given."""
        return (init_settings,)

    @property
    def authenticated(self) -> bool:
        """Whether calls need an API key, `auth.mode: auto` resolved."""
        if self.auth.mode == "auto":
            return not is_loopback(self.server.host)
        return self.auth.mode == "required"

    @model_validator(mode="after")
    def _anonymous_only_on_purpose(self) -> Self:
        allowed = self.auth.allow_anonymous_network or is_loopback(self.server.host)
        if not self.authenticated and not allowed:
            raise _violation(
                "auth.mode",
                "may be off only when server.host is a loopback address, "
                "or with auth.allow_anonymous_network: true",
            )
        return self

    @model_validator(mode="after")
    def _deadlines_fit(self) -> Self:
        longest = self.server.max_deadline_seconds
        if self.server.default_deadline_seconds > longest:
            raise _violation(
                "server.default_deadline_seconds",
                f"must be at most server.max_deadline_seconds ({longest:g})",
            )
        if self.server.max_connection_age_grace_seconds < longest:
            raise _violation(
                "server.max_connection_age_grace_seconds",
                f"must be at least server.max_deadline_seconds ({longest:g}), "
                "or long streams are cut off",
            )
        if self.maintenance.tombstone_retention_seconds <= longest:
            raise _violation(
                "maintenance.tombstone_retention_seconds",
                f"must be more than server.max_deadline_seconds ({longest:g}), "
                "or running calls lose rows",
            )
        return self

    @model_validator(mode="after")
    def _catalog_is_reachable(self) -> Self:
        if self.catalog.url is None:
            if self.catalog.password is not None:
                raise _violation("catalog.url", "must be set when catalog.password is")
        elif not _POSTGRES.match(self.catalog.url.get_secret_value()):
            raise _violation("catalog.url", "must begin with postgresql://")
        return self

    @model_validator(mode="after")
    def _tls_is_complete(self) -> Self:
        if (self.tls.certificate is None) != (self.tls.private_key is None):
            missing = "private_key" if self.tls.private_key is None else "certificate"
            raise _violation(
                f"tls.{missing}", "must be set: tls.certificate and tls.private_key go together"
            )
        if self.tls.client_ca is not None and self.tls.certificate is None:
            raise _violation("tls.certificate", "must be set when tls.client_ca is")
        return self

    @model_validator(mode="after")
    def _chroma_key_is_safe(self) -> Self:
        chroma = self.chroma
        if chroma.mode == "cloud" and chroma.api_key is None:
            raise _violation("chroma.api_key", "must be set when chroma.mode is cloud")
        plain = not chroma.tls and not is_loopback(chroma.address[0])
        if chroma.api_key is not None and plain:
            raise _violation("chroma.api_key", "must not travel in plaintext: set chroma.ssl")
        return self

    @model_validator(mode="after")
    def _backups_have_a_place(self) -> Self:
        asked = self.backup
        if asked.interval_seconds is not None and asked.url is None:
            raise _violation("backup.url", "must be set when backup.interval_seconds is")
        if (asked.interval_seconds or 0) > self.jobs.retention_seconds:
            raise _violation(
                "jobs.retention_seconds",
                "must be at least backup.interval_seconds, or the last backup is forgotten",
            )
        if "@" in (asked.url or "").partition("://")[2].partition("/")[0]:
            raise _violation(
                "backup.url", "must hold no credentials: backup.s3_access_key_id is for them"
            )
        if (asked.s3_access_key_id is None) != (asked.s3_secret_access_key is None):
            missing = "secret_access_key" if asked.s3_access_key_id else "access_key_id"
            raise _violation(f"backup.s3_{missing}", "must be set: the two s3 keys go together")
        return self

    @model_validator(mode="after")
    def _generator_is_usable(self) -> Self:
        if self.generation.default == "openai" and self.openai.model is None:
            raise _violation("openai.model", "must be set when generation.default is openai")
        if self.openai.model and self.openai.base_url is None and self.openai.api_key is None:
            raise _violation(
                "openai.api_key", "must be set when openai.model is and openai.base_url is not"
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`; other names than localhost are not resolved."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _violation(setting: str, rule: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{rule}", {"setting": setting, "rule": rule})
