import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from ragrpc.v1 import backup_pb2 as _backup_pb2
from ragrpc.v1 import job_service_pb2 as _job_service_pb2
from ragrpc.v1 import pipeline_pb2 as _pipeline_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("version", "caller", "pipelines", "embedder", "generators", "limits", "components", "uptime", "retriever_plugins", "reranker_plugins")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    PIPELINES_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_FIELD_NUMBER: _ClassVar[int]
    GENERATORS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    RETRIEVER_PLUGINS_FIELD_NUMBER: _ClassVar[int]
    RERANKER_PLUGINS_FIELD_NUMBER: _ClassVar[int]
    version: str
    caller: CallerInfo
    pipelines: _containers.RepeatedCompositeFieldContainer[PipelineInfo]
    embedder: EmbedderInfo
    generators: _containers.RepeatedScalarFieldContainer[str]
    limits: Limits
    components: _containers.RepeatedCompositeFieldContainer[ComponentStatus]
    uptime: _duration_pb2.Duration
    retriever_plugins: _containers.RepeatedCompositeFieldContainer[PluginInfo]
    reranker_plugins: _containers.RepeatedCompositeFieldContainer[PluginInfo]
    def __init__(self, version: _Optional[str] = ..., caller: _Optional[_Union[CallerInfo, _Mapping]] = ..., pipelines: _Optional[_Iterable[_Union[PipelineInfo, _Mapping]]] = ..., embedder: _Optional[_Union[EmbedderInfo, _Mapping]] = ..., generators: _Optional[_Iterable[str]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., components: _Optional[_Iterable[_Union[ComponentStatus, _Mapping]]] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., retriever_plugins: _Optional[_Iterable[_Union[PluginInfo, _Mapping]]] = ..., reranker_plugins: _Optional[_Iterable[_Union[PluginInfo, _Mapping]]] = ...) -> None: ...

class PluginInfo(_message.Message):
    __slots__ = ("name", "description", "parameter_schema")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PARAMETER_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    parameter_schema: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., parameter_schema: _Optional[str] = ...) -> None: ...

class CallerInfo(_message.Message):
    __slots__ = ("tenant", "roles", "key_id")
    TENANT_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    tenant: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    key_id: str
    def __init__(self, tenant: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., key_id: _Optional[str] = ...) -> None: ...

class PipelineInfo(_message.Message):
    __slots__ = ("name", "description", "spec", "default")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    spec: _pipeline_pb2.PipelineSpec
    default: bool
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., spec: _Optional[_Union[_pipeline_pb2.PipelineSpec, _Mapping]] = ..., default: bool = ...) -> None: ...

class EmbedderInfo(_message.Message):
    __slots__ = ("name", "dimension", "max_tokens")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    name: str
    dimension: int
    max_tokens: int
    def __init__(self, name: _Optional[str] = ..., dimension: _Optional[int] = ..., max_tokens: _Optional[int] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_message_bytes", "max_document_bytes", "max_batch_documents", "max_top_k", "default_deadline", "max_deadline", "max_data_bytes", "max_rerank_texts", "max_rerank_bytes")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_DOCUMENT_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    MAX_TOP_K_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    MAX_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    MAX_DATA_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_RERANK_TEXTS_FIELD_NUMBER: _ClassVar[int]
    MAX_RERANK_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    max_document_bytes: int
    max_batch_documents: int
    max_top_k: int
    default_deadline: _duration_pb2.Duration
    max_deadline: _duration_pb2.Duration
    max_data_bytes: int
    max_rerank_texts: int
    max_rerank_bytes: int
    def __init__(self, max_message_bytes: _Optional[int] = ..., max_document_bytes: _Optional[int] = ..., max_batch_documents: _Optional[int] = ..., max_top_k: _Optional[int] = ..., default_deadline: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_deadline: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_data_bytes: _Optional[int] = ..., max_rerank_texts: _Optional[int] = ..., max_rerank_bytes: _Optional[int] = ...) -> None: ...

class ComponentStatus(_message.Message):
    __slots__ = ("name", "state", "detail", "breaker")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[ComponentStatus.State]
        STATE_SERVING: _ClassVar[ComponentStatus.State]
        STATE_NOT_SERVING: _ClassVar[ComponentStatus.State]
    STATE_UNSPECIFIED: ComponentStatus.State
    STATE_SERVING: ComponentStatus.State
    STATE_NOT_SERVING: ComponentStatus.State
    class Breaker(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BREAKER_UNSPECIFIED: _ClassVar[ComponentStatus.Breaker]
        BREAKER_CLOSED: _ClassVar[ComponentStatus.Breaker]
        BREAKER_HALF_OPEN: _ClassVar[ComponentStatus.Breaker]
        BREAKER_OPEN: _ClassVar[ComponentStatus.Breaker]
    BREAKER_UNSPECIFIED: ComponentStatus.Breaker
    BREAKER_CLOSED: ComponentStatus.Breaker
    BREAKER_HALF_OPEN: ComponentStatus.Breaker
    BREAKER_OPEN: ComponentStatus.Breaker
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    BREAKER_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: ComponentStatus.State
    detail: str
    breaker: ComponentStatus.Breaker
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[ComponentStatus.State, str]] = ..., detail: _Optional[str] = ..., breaker: _Optional[_Union[ComponentStatus.Breaker, str]] = ...) -> None: ...

class CreateBackupRequest(_message.Message):
    __slots__ = ("collection", "incremental", "base_id", "request_id")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    INCREMENTAL_FIELD_NUMBER: _ClassVar[int]
    BASE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    collection: str
    incremental: bool
    base_id: str
    request_id: str
    def __init__(self, collection: _Optional[str] = ..., incremental: bool = ..., base_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateBackupResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _job_service_pb2.Job
    def __init__(self, job: _Optional[_Union[_job_service_pb2.Job, _Mapping]] = ...) -> None: ...

class ListBackupsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBackupsResponse(_message.Message):
    __slots__ = ("backups", "next_page_token")
    BACKUPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    backups: _containers.RepeatedCompositeFieldContainer[_backup_pb2.Backup]
    next_page_token: str
    def __init__(self, backups: _Optional[_Iterable[_Union[_backup_pb2.Backup, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBackupRequest(_message.Message):
    __slots__ = ("backup_id",)
    BACKUP_ID_FIELD_NUMBER: _ClassVar[int]
    backup_id: str
    def __init__(self, backup_id: _Optional[str] = ...) -> None: ...

class GetBackupResponse(_message.Message):
    __slots__ = ("backup",)
    BACKUP_FIELD_NUMBER: _ClassVar[int]
    backup: _backup_pb2.Backup
    def __init__(self, backup: _Optional[_Union[_backup_pb2.Backup, _Mapping]] = ...) -> None: ...

class DeleteBackupRequest(_message.Message):
    __slots__ = ("backup_id",)
    BACKUP_ID_FIELD_NUMBER: _ClassVar[int]
    backup_id: str
    def __init__(self, backup_id: _Optional[str] = ...) -> None: ...

class DeleteBackupResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VerifyBackupRequest(_message.Message):
    __slots__ = ("backup_id", "request_id")
    BACKUP_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    backup_id: str
    request_id: str
    def __init__(self, backup_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class VerifyBackupResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _job_service_pb2.Job
    def __init__(self, job: _Optional[_Union[_job_service_pb2.Job, _Mapping]] = ...) -> None: ...

class RestoreBackupRequest(_message.Message):
    __slots__ = ("backup_id", "collection", "name", "replace", "request_id")
    BACKUP_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    backup_id: str
    collection: str
    name: str
    replace: bool
    request_id: str
    def __init__(self, backup_id: _Optional[str] = ..., collection: _Optional[str] = ..., name: _Optional[str] = ..., replace: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class RestoreBackupResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _job_service_pb2.Job
    def __init__(self, job: _Optional[_Union[_job_service_pb2.Job, _Mapping]] = ...) -> None: ...
