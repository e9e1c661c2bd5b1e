"""OpenTelemetry spans, sampled before anything is built for them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

import grpc.aio

if TYPE_CHECKING:
    # Some 100 ms and 15 MB that only a configured collector is worth.
    from opentelemetry.sdk.trace import TracerProvider

_SAMPLED = 0x01
_EXPORT_SECONDS = 5.0


class CallDetails(Protocol):
    """What is known of a call before its handler is found."""

    @property
    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...] | None:
        """Keys and values that the client sent."""
        ...


class Tracing:
    """Spans of sampled calls, sent to a collector over OTLP/gRPC in the background.

    `endpoint` begins with http:// (plain text) or https://. A call with a W3C
    `traceparent` follows its sampled flag, others are traced by `sample_ratio`
    (0 to 1); the rest never touches OpenTelemetry.
    """

    def __init__(self, endpoint: str, sample_ratio: float, service_name: str) -> None:
        from opentelemetry.trace import StatusCode, get_current_span

        self._ratio = sample_ratio
        self._provider = _provider(endpoint, service_name)
        self._tracer = self._provider.get_tracer("ragrpc")
        self._current_span = get_current_span
        self._failed = StatusCode.ERROR

    def server_interceptor(self) -> grpc.aio.ServerInterceptor:
        """Opens a span around each sampled call. It records what handlers raise, so
        the interceptor that turns errors into a status must be inside of it."""
        from opentelemetry.instrumentation.grpc import aio_server_interceptor

        interceptor: grpc.aio.ServerInterceptor = aio_server_interceptor(  # type: ignore[no-untyped-call]  # it has no annotations
            tracer_provider=self._provider, filter_=self.samples
        )
        return interceptor

    def samples(self, details: CallDetails) -> bool:
        """Whether a call is traced."""
        for key, value in details.invocation_metadata or ():
            if key == "traceparent":
                decided = _decision(value)
                if decided is not None:
                    return decided
        return random.random() < self._ratio  # noqa: S311 - no secret depends on it

    def recording(self) -> bool:
        """Whether the current call is traced."""
        return self._current_span().is_recording()

    @contextmanager
    def span(self, name: str, component: str) -> Iterator[None]:
        """A span within the current one. Of an error it keeps the type only: its text
        may hold what a caller sent."""
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as span:
            if component:
                span.set_attribute("ragrpc.component", component)
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(self._failed)
                raise

    def trace_id(self) -> str:
        """Trace of the current call as 32 hex digits, empty when it is not traced."""
        context = self._current_span().get_span_context()
        return f"{context.trace_id:032x}" if context.is_valid else ""

    def close(self) -> None:
        """Send what is left; blocks, seconds at most."""
        self._provider.shutdown()


def _provider(endpoint: str, service_name: str) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

    resource = Resource.create({"service.name": service_name, "service.version": version("ragrpc")})
    # The filter of the interceptor has sampled already.
    provider = TracerProvider(
        sampler=ParentBased(ALWAYS_ON), resource=resource, shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(
        endpoint=endpoint, insecure=endpoint.startswith("http://"), timeout=_EXPORT_SECONDS
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _decision(traceparent: str | bytes) -> bool | None:
    """The sampled flag of a W3C traceparent, None when it is malformed."""
    parts = traceparent.split("-") if isinstance(traceparent, str) else []
    lengths = [len(part) for part in parts[:4]]
    if lengths != [2, 32, 16, 2] or parts[0] == "ff":
        return None
    try:
        return bool(int(parts[3], 16) & _SAMPLED)
    except ValueError:
        return None
