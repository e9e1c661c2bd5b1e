"""Which field of a schema a date is about."""

import re

from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema

_YEAR = re.compile(r"\byears?\b|_year\b|\byear_", re.IGNORECASE)
_DURATION = re.compile(r"\b(age|duration|experience|term|period|warranty|old)\b", re.IGNORECASE)
# Dates that lie ahead, or are about something else than the document.
_OTHER = re.compile(r"expir|due|valid|until|end|deadline|birth|closing|closed|resolved", re.I)


def is_year(field: FieldSchema) -> bool:
    """Whether its numbers are years of the calendar."""
    if field.type is not FieldType.INT64:
        return False
    bounds = (field.least, field.most)
    if all(isinstance(each, int) for each in bounds):
        plausible = all(isinstance(each, int) and 1000 <= each <= 2999 for each in bounds)
        if not plausible:
            return False
    named = bool(_YEAR.search(field.name.replace("_", " "))) and not field.unit
    described = bool(_YEAR.search(field.description)) and not field.unit
    counted = _DURATION.search(f"{field.name} {field.description}".replace("_", " "))
    return (named or described) and not (counted and not named)


def temporal_fields(schema: MetadataSchema) -> list[FieldSchema]:
    """Fields that hold dates or years, the likeliest first."""
    found = [each for each in schema.fields if each.type is FieldType.TIMESTAMP or is_year(each)]
    return sorted(found, key=lambda each: bool(_OTHER.search(each.name)))
