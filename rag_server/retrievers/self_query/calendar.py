"""All readings of dates, the most specific first."""

from collections.abc import Sequence
from datetime import date

from rag_server.retrievers.self_query.dated_words import DatedWords
from rag_server.retrievers.self_query.days_and_months import DaysAndMonths
from rag_server.retrievers.self_query.periods import Period
from rag_server.retrievers.self_query.relative_dates import RelativeDates
from rag_server.retrievers.self_query.words import Word
from rag_server.retrievers.self_query.years import Years


class Calendar:
    """Reads periods; `today` is what relative ones are counted from."""

    def __init__(self, words: Sequence[Word], today: date) -> None:
        dated = DatedWords(words)
        parts = (DaysAndMonths(dated, today), RelativeDates(dated, today), Years(dated, today))
        self._readers = [reader for part in parts for reader in part.readers]

    def at(self, first: int) -> Period | None:
        """The period that begins at that word."""
        return next((found for each in self._readers if (found := each(first)) is not None), None)
