"""Hits and answers as text for a person."""

from collections.abc import Iterable, Sequence

from rag_client.cli import conditions, output
from rag_client.streams import AnswerStream
from rag_client.types import (
    AbstainReason,
    Answer,
    Citation,
    Completed,
    Hit,
    Ranking,
    Retrieval,
    Text,
    TextDelta,
    Understanding,
)

_EXCERPT = 300
_ABSTENTIONS = {
    AbstainReason.UNSPECIFIED: "for a reason that this client does not know",
    AbstainReason.NO_HITS: "nothing was found",
    AbstainReason.NO_SUPPORT: "nothing that was found supports one",
    AbstainReason.MODEL_DECLINED: "the language model says that the documents have none",
    AbstainReason.NOT_GROUNDED: "what the language model wrote is not in the documents",
}


def show_retrieval(found: Retrieval, *, full: bool) -> None:
    """Hits, best first, and how they were found."""
    for rank, hit in enumerate(found.hits, start=1):
        output.line(f"{rank}. {hit.score:.3f}  {_place(hit)}")
        output.line(f"{hit.text if full else _excerpt(hit.text)}\n")
    if not found.hits:
        output.line("nothing was found")
    _show_account(found)


def show_ranking(ranking: Ranking, texts: Sequence[Text], *, full: bool) -> None:
    """Texts, best first, and what their order took."""
    for rank, each in enumerate(ranking.texts, start=1):
        text = texts[each.index].text
        output.line(f"{rank}. {each.score:.3f}  {each.id}")
        output.line(f"{text if full else _excerpt(text)}\n")
    _show_course(ranking)


def stream_answer(stream: AnswerStream) -> None:
    """The text as it comes, then what the whole answer says about it."""
    shown = ""
    for event in stream:
        if isinstance(event, TextDelta):
            output.write(event.text)
            shown += event.text
        elif isinstance(event, Completed):
            _end(shown, event.answer)


def _end(shown: str, answer: Answer) -> None:
    if shown:
        output.line()
    if shown != answer.text and answer.text:
        # Deltas are provisional: what completed says is the answer.
        output.line(f"\nFinal answer: {answer.text}")
    elif shown and not answer.text:
        output.line("\nThe text above was withdrawn.")
    _show_basis(answer)


def show_answer(answer: Answer) -> None:
    """The text and what it rests on."""
    if answer.text:
        output.line(answer.text)
    _show_basis(answer)


def _show_basis(answer: Answer) -> None:
    if answer.abstain_reasons:
        reasons = "; ".join(_ABSTENTIONS[each] for each in answer.abstain_reasons)
        output.line(f"No answer: {reasons}.")
    if answer.citations:
        output.line()
    for number, citation in enumerate(answer.citations, start=1):
        output.line(f"[{number}] {_cited(citation, answer.hits)}")
    for span in answer.unsupported_spans:
        output.line(f"unsupported: {span.of(answer.text)!r}")
    _show_account(answer)


def _show_account(result: Retrieval | Answer) -> None:
    if result.understanding is not None:
        _show_understanding(result.understanding)
    for step in result.funnel:
        output.line(f"step {step.step}: {step.candidate_count} {step.detail}".rstrip())
    _show_course(result)


def _show_course(result: Retrieval | Answer | Ranking) -> None:
    for each in result.degradations:
        output.line(f"degraded ({each.kind}, {each.stage}): {each.detail}")
    timings = " | ".join(f"{each.stage} {each.milliseconds:.1f} ms" for each in result.timings)
    if timings:
        output.line(f"\n{timings}")


def _show_understanding(understood: Understanding) -> None:
    for each in understood.clauses:
        stated = conditions.written(each.filter) if each.filter is not None else "?"
        why = f" ({each.reason})" if each.reason else ""
        output.line(f"understood {stated}: {each.fate}, confidence {each.confidence:.2f}{why}")
    if understood.sort is not None:
        direction = "descending" if understood.sort.descending else "ascending"
        output.line(f"understood order: {understood.sort.field}, {direction}")


def _place(hit: Hit) -> str:
    title = f"  {hit.title}" if hit.title else ""
    spans = _bytes((each.start, each.end) for each in hit.spans)
    return f"{hit.document_id}  {_page(hit)}{spans}{title}"


def _cited(citation: Citation, hits: Sequence[Hit]) -> str:
    span = citation.source_span
    page = _page(hits[citation.hit_index]) if citation.hit_index < len(hits) else ""
    place = f"{citation.document_id}  {page}{_bytes([(span.start, span.end)])}"
    return f'{place}  "{_excerpt(citation.source_text)}" (support {citation.support:.2f})'


def _page(hit: Hit) -> str:
    page = hit.metadata.get("page")
    return f"p. {page}, " if isinstance(page, int | str) else ""


def _bytes(spans: Iterable[tuple[int, int]]) -> str:
    return "bytes " + ", ".join(f"{start}-{end}" for start, end in spans)


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rstrip()} ..."
