"""Periods: half-open ranges of time, in UTC, and how they are made."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


class Grain(StrEnum):
    """What a period is a piece of."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    YEARS = "years"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) at words [first, last); `end` None: open. `bare`: nothing but four digits,
    which may be another number; `yearless`: its year was guessed."""

    start: datetime
    end: datetime | None
    first: int
    last: int
    grain: Grain
    bare: bool = False
    yearless: bool = False


def day_period(day: date, first: int, last: int) -> Period:
    """One day."""
    return span_period(day, day + timedelta(days=1), first, last, Grain.DAY)


def open_period(start: date, first: int, last: int) -> Period:
    """From that day on."""
    return Period(midnight(start), None, first, last, Grain.ROLLING)


def span_period(start: date, end: date, first: int, last: int, grain: Grain) -> Period:
    """From one day until before another."""
    return Period(midnight(start), midnight(end), first, last, grain)


def month_period(
    year: int, month: int, count: int, first: int, last: int, *, yearless: bool = False
) -> Period | None:
    """`month` may be out of 1 to 12."""
    try:
        start, end = month_start(year, month), month_start(year, month + count)
    except ValueError:
        return None
    grain = Grain.MONTH if count == 1 else Grain.QUARTER
    return replace(span_period(start, end, first, last, grain), yearless=yearless)


def year_period(year: int, count: int, first: int, last: int) -> Period | None:
    """So many years from the beginning of one; None out of the range of dates."""
    try:
        start, end = date(year, 1, 1), date(year + count, 1, 1)
    except ValueError:
        return None
    return span_period(start, end, first, last, Grain.YEARS)


def month_start(year: int, month: int) -> date:
    """First day of a month; `month` may be out of 1 to 12. Raises ValueError out of range."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or its last. Raises ValueError out of range."""
    start = month_start(day.year, day.month - months)
    end = month_start(start.year, start.month + 1)
    return min(start.replace(day=1) + timedelta(days=day.day - 1), end - timedelta(days=1))


def midnight(day: date) -> datetime:
    """The beginning of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def latest_year(today: date, month: int, day: int = 1) -> int:
    """The year of the last such month or day that has begun."""
    return today.year if (month, day) <= (today.month, today.day) else today.year - 1
