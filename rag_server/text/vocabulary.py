"""English words with a role: what ends no sentence, what begins one, what says nothing."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# After these a period does not end a sentence ...
ABBREVIATIONS = _words(
    """
    adm al approx apr assoc aug ave blvd bros ca capt cf cmdr co col comm corp cpl dec dept dipl
    dr ed eds eg esp est et etc ex feb ff fri gen gov hon hr ie inc incl jan jr jul jun kg km lb
    lbs ltd lt maj mar mfg min misc mr mrs ms mt mts nov oct orig oz ph phil prof pt pvt resp rev
    sec sen sep sept sgt sr st thu thur tue tues univ usu viz vs
    """
)
# ... but after these it may, and the next word decides ...
MAY_END = _words("al co corp etc ex hr inc jr kg km lb lbs ltd min oz sec sr")
# ... and after these it does unless a number follows.
BEFORE_NUMBER = _words(
    "app art arts bd ch chap eq eqs fig figs no nos nr p par pp sect tab vol vols"
)
# Words that, with a capital, begin a sentence rather than a name.
STARTERS = _words(
    """
    a after all also although an and another as at because before both but by during each for
    from he her his how however i if in it its many may most my no not on one our several she
    since so some such that the their then there these they this those thus to under until we
    what when where which while who why with you your
    """
)
# Words that carry no content of their own. Negations are not among them: a source
# that lacks the "not" of a statement does not support it.
STOP_WORDS = _words(
    """
    a about above after again against all also am an and any are as at be because been before
    being below between both but by can could did do does doing down during each either few for
    from further had has have having he her here hers herself him himself his how i if in into
    is it its itself just may me might more most much must my myself of off on once only or
    other our ours ourselves out over own s same shall she should so some such t than that the
    their theirs them themselves then there these they this those through to too under until up
    upon us very was we were what when where which while who whom whose why will with would you
    your yours yourself yourselves
    """
)
# From two on: "one" is a pronoun more often than a number.
NUMBER_WORDS = {
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
}
