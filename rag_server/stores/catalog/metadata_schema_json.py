"""Metadata schemas as a column."""

import json
from dataclasses import asdict
from functools import lru_cache

from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema

# What nobody declares but documents show.
_SEEN = ("closed", "least", "most")


def encode_schema(schema: MetadataSchema | None) -> str | None:
    """Text for `decode_schema`."""
    if schema is None:
        return None
    fields = [asdict(each) for each in schema.fields]
    for each in fields:
        for name in _SEEN:
            del each[name]
    return json.dumps(fields, separators=(",", ":"))


# Few, and read with every question.
@lru_cache
def decode_schema(text: str | None) -> MetadataSchema | None:
    """What `encode_schema` was given."""
    if text is None:
        return None
    return MetadataSchema(
        tuple(
            FieldSchema(
                **{
                    **each,
                    "type": FieldType(each["type"]),
                    "values": tuple(each["values"]),
                    "aliases": tuple(each["aliases"]),
                    "value_aliases": tuple(
                        (value, tuple(names)) for value, names in each["value_aliases"]
                    ),
                }
            )
            for each in json.loads(text)
        )
    )
