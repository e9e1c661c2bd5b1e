"""What is told about it all."""

from typing import Literal

from pydantic import Field

from rag_server.settings.sections.base import Section


class Logging(Section):
    """What goes to standard output."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is written."
    )
    format: Literal["json", "console"] = Field(
        default="json", description="One JSON object per line, or lines for a person."
    )


class Tracing(Section):
    """OpenTelemetry spans."""

    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="Collector's OTLP gRPC address, such as `http://collector:4317` (`https` for "
        "TLS); unset: no tracing.",
    )
    sample_ratio: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of calls without a caller's trace that are traced, 0 to 1; a "
        "caller's own decision is followed.",
    )
    service_name: str = Field(
        default="ragrpc", min_length=1, description="Name under which spans are reported."
    )
