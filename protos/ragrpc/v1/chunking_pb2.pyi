from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Chunking(_message.Message):
    __slots__ = ("recursive", "sentence", "markdown", "code", "hierarchical")
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    MARKDOWN_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    HIERARCHICAL_FIELD_NUMBER: _ClassVar[int]
    recursive: RecursiveChunking
    sentence: SentenceChunking
    markdown: MarkdownChunking
    code: CodeChunking
    hierarchical: HierarchicalChunking
    def __init__(self, recursive: _Optional[_Union[RecursiveChunking, _Mapping]] = ..., sentence: _Optional[_Union[SentenceChunking, _Mapping]] = ..., markdown: _Optional[_Union[MarkdownChunking, _Mapping]] = ..., code: _Optional[_Union[CodeChunking, _Mapping]] = ..., hierarchical: _Optional[_Union[HierarchicalChunking, _Mapping]] = ...) -> None: ...

class RecursiveChunking(_message.Message):
    __slots__ = ("max_tokens",)
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    max_tokens: int
    def __init__(self, max_tokens: _Optional[int] = ...) -> None: ...

class SentenceChunking(_message.Message):
    __slots__ = ("max_tokens", "overlap")
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_FIELD_NUMBER: _ClassVar[int]
    max_tokens: int
    overlap: int
    def __init__(self, max_tokens: _Optional[int] = ..., overlap: _Optional[int] = ...) -> None: ...

class MarkdownChunking(_message.Message):
    __slots__ = ("max_tokens",)
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    max_tokens: int
    def __init__(self, max_tokens: _Optional[int] = ...) -> None: ...

class CodeChunking(_message.Message):
    __slots__ = ("max_tokens", "language")
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    max_tokens: int
    language: str
    def __init__(self, max_tokens: _Optional[int] = ..., language: _Optional[str] = ...) -> None: ...

class HierarchicalChunking(_message.Message):
    __slots__ = ("max_tokens", "parent_tokens")
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    PARENT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    max_tokens: int
    parent_tokens: int
    def __init__(self, max_tokens: _Optional[int] = ..., parent_tokens: _Optional[int] = ...) -> None: ...
