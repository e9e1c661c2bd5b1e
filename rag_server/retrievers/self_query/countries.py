"""What people of a country and its languages are called: the aliases that nobody declares."""

_COUNTRIES = """
australia: australian; austria: austrian; belgium: belgian; brazil: brazilian; canada: canadian
chile: chilean; china: chinese; czech republic: czech; denmark: danish; egypt: egyptian
finland: finnish; france: french; germany: german; greece: greek; hungary: hungarian
iceland: icelandic; india: indian; indonesia: indonesian; iran: iranian; ireland: irish
israel: israeli; italy: italian; japan: japanese; kenya: kenyan; mexico: mexican
netherlands: dutch; new zealand: new zealander; nigeria: nigerian; norway: norwegian
peru: peruvian; poland: polish; portugal: portuguese; romania: romanian; russia: russian
south africa: south african; south korea: korean, korea, south korean; spain: spanish
sweden: swedish; switzerland: swiss; taiwan: taiwanese; thailand: thai; turkey: turkish
ukraine: ukrainian; vietnam: vietnamese; argentina: argentinian, argentine
united kingdom: british, uk, britain, great britain; uk: british, united kingdom, britain
united states: american, usa, us, united states of america, america
usa: american, united states, us, united states of america, america
us: american, united states, usa, america
de: german, germany; at: austrian, austria; ch: swiss, switzerland; fr: french, france
gb: british, united kingdom, uk; es: spanish, spain; it: italian, italy; jp: japanese, japan
"""
_LANGUAGES = """
ar: arabic; cs: czech; da: danish; de: german; el: greek; en: english; es: spanish; fi: finnish
fr: french; he: hebrew; hi: hindi; hu: hungarian; it: italian; ja: japanese; ko: korean
nl: dutch; no: norwegian; pl: polish; pt: portuguese; ro: romanian; ru: russian; sv: swedish
tr: turkish; uk: ukrainian; vi: vietnamese; zh: chinese
"""


def _read(table: str) -> dict[str, tuple[str, ...]]:
    entries = (
        each.partition(":") for line in table.strip().splitlines() for each in line.split(";")
    )
    return {
        key.strip(): tuple(name.strip() for name in names.split(",")) for key, _, names in entries
    }


# By the folded value.
DEMONYMS = _read(_COUNTRIES)
LANGUAGES = _read(_LANGUAGES)
# Folded names that say of what kind something is: "French", "Swiss"; not "France".
ADJECTIVES = frozenset(
    {name for names in LANGUAGES.values() for name in names}
    | {name for names in DEMONYMS.values() for name in names if name not in DEMONYMS}
)
