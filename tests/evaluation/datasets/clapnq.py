"""CLAPnq: questions, answerable or not, each to find the passage that it was annotated with.

A passage that stands with several questions is one document.
"""

from pathlib import Path

from tests.evaluation.datasets.raw import Judgement, Raw, Text, records

_FILES = "clapnq_*answerable.jsonl"


def recognises(directory: Path) -> bool:
    """Whether it has annotated questions."""
    return any(directory.glob(_FILES))


def read(directory: Path) -> Raw:
    """The set; raises Malformed."""
    raw = Raw()
    ids: dict[tuple[str, str], str] = {}
    for path in sorted(directory.glob(_FILES)):
        for _, record in records(path):
            raw.queries.append(Text(record["id"], record["input"]))
            for passage in record["passages"]:
                content = (passage["title"], passage["text"])
                document = ids.setdefault(content, f"passage-{len(ids)}")
                raw.judgements.append(Judgement(record["id"], document, 1))
    raw.documents = [Text(name, text, title) for (title, text), name in ids.items()]
    return raw
