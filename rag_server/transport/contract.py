"""The services of the contract, by full name."""

from collections.abc import Mapping

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from ragrpc.v1 import (
    admin_service_pb2,
    collection_service_pb2,
    document_service_pb2,
    job_service_pb2,
    rag_service_pb2,
)

SERVICES: Mapping[str, ServiceDescriptor] = {
    service.full_name: service
    for file in (
        rag_service_pb2,
        document_service_pb2,
        collection_service_pb2,
        job_service_pb2,
        admin_service_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
}


def type_of(method: MethodDescriptor) -> str:
    """The type of an RPC as the metrics name it."""
    if method.server_streaming:
        return "bidi_stream" if method.client_streaming else "server_stream"
    return "unary"


def methods() -> list[tuple[str, str, str]]:
    """(service, method, type) of every RPC, as the metrics want them."""
    return [
        (service.full_name, method.name, type_of(method))
        for service in SERVICES.values()
        for method in service.methods
    ]
