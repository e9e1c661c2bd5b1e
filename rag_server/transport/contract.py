"""The services of the contract, by full name."""

from collections.abc import Mapping

from google.protobuf.descriptor import ServiceDescriptor
from ragrpc.v1 import (
    admin_service_pb2,
    collection_service_pb2,
    document_service_pb2,
    rag_service_pb2,
)

SERVICES: Mapping[str, ServiceDescriptor] = {
    service.full_name: service
    for file in (
        rag_service_pb2,
        document_service_pb2,
        collection_service_pb2,
        admin_service_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
}


def methods() -> list[tuple[str, str, str]]:
    """(service, method, type) of every RPC, as the metrics want them."""
    return [
        (service.full_name, method.name, "server_stream" if method.server_streaming else "unary")
        for service in SERVICES.values()
        for method in service.methods
    ]
