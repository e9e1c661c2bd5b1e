"""SQuAD 2.0: questions to find the paragraph that they were written about."""

import json
from pathlib import Path

from tests.evaluation.datasets.raw import Judgement, Raw, Text

# So many questions, evenly spaced, or paragraphs with many of them would be asked all day.
MOST_QUESTIONS = 1_000


def recognises(directory: Path) -> bool:
    """Whether a file of SQuAD is there."""
    return bool(_files(directory))


def read(directory: Path) -> Raw:
    """The answerable questions; raises KeyError and its like for what is no SQuAD."""
    raw = Raw()
    asked: list[tuple[Text, str]] = []
    ids: dict[tuple[str, str], str] = {}
    for path in _files(directory):
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            title = article["title"].replace("_", " ")
            for paragraph in article["paragraphs"]:
                content = (title, paragraph["context"])
                document = ids.setdefault(content, f"paragraph-{len(ids)}")
                asked += [
                    (Text(each["id"], each["question"]), document)
                    for each in paragraph["qas"]
                    if not each.get("is_impossible", False)
                ]
    raw.documents = [Text(name, text, title) for (title, text), name in ids.items()]
    for query, document in _spaced(asked):
        raw.queries.append(query)
        raw.judgements.append(Judgement(query.id, document, 1))
    if len(asked) > len(raw.queries):
        raw.notes.append(f"{len(raw.queries):,} of {len(asked):,} answerable questions")
    return raw


def _files(directory: Path) -> list[Path]:
    return sorted([*directory.glob("dev-v*.json"), *directory.glob("train-v*.json")])


def _spaced(asked: list[tuple[Text, str]]) -> list[tuple[Text, str]]:
    count = min(len(asked), MOST_QUESTIONS)
    return [asked[place * len(asked) // count] for place in range(count)]
