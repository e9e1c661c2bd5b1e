"""Units of measure: what a number is of, and how it is told in another unit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a dimension; `factor` is how many of the dimension's base unit it is."""

    dimension: str
    factor: float


_DAY = 86_400.0
# dimension -> (factor, its names); names are folded and singular or plural as written here.
_TABLE: tuple[tuple[str, float, str], ...] = (
    ("time", 0.001, "ms msec millisecond milliseconds"),
    ("time", 1, "s sec secs second seconds"),
    ("time", 60, "min mins minute minutes"),
    ("time", 3_600, "h hr hrs hour hours"),
    ("time", _DAY, "d day days"),
    ("time", 7 * _DAY, "week weeks wk wks"),
    ("time", 365.25 / 12 * _DAY, "month months"),
    ("time", 365.25 * _DAY, "year years yr yrs"),
    ("data", 1, "b byte bytes"),
    ("data", 1e3, "kb kilobyte kilobytes"),
    ("data", 1e6, "mb megabyte megabytes meg megs"),
    ("data", 1e9, "gb gigabyte gigabytes gig gigs"),
    ("data", 1e12, "tb terabyte terabytes"),
    ("data", 1e15, "pb petabyte petabytes"),
    ("data", 2**10, "kib"),
    ("data", 2**20, "mib"),
    ("data", 2**30, "gib"),
    ("data", 2**40, "tib"),
    ("mass", 1e-6, "mg milligram milligrams"),
    ("mass", 1e-3, "g gram grams gramme grammes"),
    ("mass", 1, "kg kgs kilo kilos kilogram kilograms"),
    ("mass", 1e3, "t ton tons tonne tonnes"),
    ("mass", 0.45359237, "lb lbs pound pounds"),
    ("mass", 0.028349523, "oz ounce ounces"),
    ("length", 1e-3, "mm millimeter millimeters millimetre millimetres"),
    ("length", 1e-2, "cm centimeter centimeters centimetre centimetres"),
    ("length", 1, "m meter meters metre metres"),
    ("length", 1e3, "km kms kilometer kilometers kilometre kilometres"),
    ("length", 0.0254, "in inch inches"),
    ("length", 0.3048, "ft foot feet"),
    ("length", 1_609.344, "mi mile miles"),
    ("area", 1, "m2 m² sqm qm"),
    ("area", 0.09290304, "sqft ft2 ft²"),
    ("area", 10_000, "ha hectare hectares"),
    ("area", 4_046.856, "acre acres"),
    ("volume", 1e-3, "ml milliliter milliliters millilitre millilitres"),
    ("volume", 1, "l liter liters litre litres"),
    ("power", 1, "w watt watts"),
    ("power", 1e3, "kw kilowatt kilowatts"),
    ("energy", 1, "wh"),
    ("energy", 1e3, "kwh"),
    ("energy-food", 1, "kcal cal calorie calories"),
    ("frequency", 1, "hz hertz"),
    ("frequency", 1e6, "mhz megahertz"),
    ("frequency", 1e9, "ghz gigahertz"),
    ("share", 1, "% percent percentage pct"),
    ("speed", 1, "kmh kph"),
    ("speed", 1.609344, "mph"),
    ("pixels", 1, "mp megapixel megapixels"),
    ("temperature", 1, "°c celsius"),
    ("money:usd", 1, "$ usd dollar dollars buck bucks"),
    ("money:eur", 1, "€ eur euro euros"),
    ("money:gbp", 1, "£ gbp quid"),
    ("money:jpy", 1, "¥ jpy yen"),
    ("money:chf", 1, "chf franken"),
    ("money:inr", 1, "inr rupee rupees"),
)
UNITS: dict[str, Unit] = {
    name: Unit(dimension, factor) for dimension, factor, names in _TABLE for name in names.split()
}
# "square metres" and "sterling": units of two words.
PAIRS: dict[tuple[str, str], Unit] = {
    ("square", "meter"): UNITS["m2"],
    ("square", "meters"): UNITS["m2"],
    ("square", "metre"): UNITS["m2"],
    ("square", "metres"): UNITS["m2"],
    ("sq", "m"): UNITS["m2"],
    ("square", "foot"): UNITS["sqft"],
    ("square", "feet"): UNITS["sqft"],
    ("sq", "ft"): UNITS["sqft"],
    ("per", "cent"): UNITS["%"],
}
SIGNS = {"$": "$", "€": "€", "£": "£", "¥": "¥", "usd": "$", "eur": "€", "gbp": "£", "chf": "chf"}
# Letters that are a unit only right behind digits, as in "30m"; "3 in 4" is no length.
SHORT = frozenset({"s", "h", "d", "b", "g", "t", "m", "l", "w", "in", "mi", "min", "cal", "foot"})


def unit_named(name: str) -> Unit | None:
    """The unit of a field's own wording, e.g. "minutes", "square metres", "USD per month"."""
    parts = name.casefold().replace(".", "").split()
    if len(parts) > 1 and (parts[0], parts[1]) in PAIRS:
        return PAIRS[parts[0], parts[1]]
    first = parts[0].split("/")[0] if parts else ""
    return UNITS.get(first)


def converted(number: float, unit: Unit, to: Unit) -> float | None:
    """The number in another unit of the same dimension; None where there is no such. Money
    is never converted."""
    if unit.dimension != to.dimension:
        return None
    return float(f"{number * unit.factor / to.factor:.12g}")


def is_money(unit: Unit | None) -> bool:
    """Whether it is a currency."""
    return unit is not None and unit.dimension.startswith("money:")
