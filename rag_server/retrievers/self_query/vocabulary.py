"""English words that carry the shape of a question."""

import Stemmer


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _stems(text: str) -> frozenset[str]:
    return frozenset(Stemmer.Stemmer("english").stemWords(text.split()))


# What collections are made of; "French films" restricts, "French cheese" is a topic.
HEADS = _stems(
    "document doc file paper article item product thing anything something everything nothing "
    "one entry record result post page book novel film movie picture song album track ticket issue "
    "incident bug outage failure problem error alert case listing apartment flat house home "
    "property job position vacancy recipe dish course event patient study trial order invoice "
    "message email letter note story review report publication memo device gadget model car "
    "vehicle show series episode video photo image talk lecture session dataset project "
    "repository package release change commit task request question answer judgment ruling "
    "decision law act regulation guideline policy contract agreement material information info "
    "data stuff content news headline source piece text manual handbook form rule offer deal "
    "purchase transaction account customer employee supplier title work hotel room restaurant "
    "flight trip game app plugin tool medicine drug medication treatment statement presentation "
    "slide spreadsheet template checklist procedure specification spec standard patent thesis "
    "interview podcast blog tutorial guide faq wine beer coffee tea plant animal bike bicycle "
    "shoe dress shirt jacket sofa chair table desk lamp camera printer speaker keyboard mouse"
)
ARTICLES = _words("a an the this that these those my our your their his her its any some all every")
# May stand between a comparator and what it compares with.
FILLERS = ARTICLES | _words(
    "of about roughly around approximately only just exactly is are was were be at level with "
    "than by to equal equals = : around some still"
)
# What follows is what the question is about ...
TOPICAL = _words(
    "about regarding concerning called titled named covering discussing describing explaining "
    "mentioning where whose who on re containing depicting featuring saying"
)
# As do these, to the end of the clause: "where a soldier comes home from war".
CLAUSAL = _words("where who whose whom")
# ... until one of these begins another condition.
RESTRICTING = _words(
    "by from since before after under over until published released issued written made rated "
    "not except excluding without but with costing below above dated created opened authored "
    "directed reported launched tagged filed which between during in only that"
)
INTERROGATIVE = _words(
    "why how who whom when is are was were do does did can could will would should shall may "
    "might must has have had what where"
)
# What follows one of these is a verb: "how do I report", "may I watch", "how to search".
SUBJECTS = _words("i we you he she they it to")
# Of somebody, and so no question after documents that somebody wrote.
PERSONAL = _words("i we my our it")
# May stand between the first word of a question and what is looked for.
EXISTENTIAL = ARTICLES | _words("there is are was were do does did we you have has of kind kinds")
# What stands between these and a noun is an event or a place: "after the war", "under the grill".
SITUATING = _words("after before since until over under above below during through between against")
# A question that begins so asks for documents, not for a fact.
ASKING = _words("show find list give get search display need want looking return fetch any which")
CONNECTORS = _words("or and , / & nor as well also plus either both neither")
PREPOSITIONS = _words("by from in at on of for to with within into under is are was were than")
NEGATIONS = _words(
    "not no non without except excluding exclude excludes excepting besides neither nor never "
    "minus outside avoid avoiding skip lacking lack lacks dont isnt arent doesnt didnt wasnt "
    "cannot omit omitting ignore ignoring barring"
)
NEGATING_PAIRS = {
    ("other", "than"),
    ("apart", "from"),
    ("rather", "than"),
    ("instead", "of"),
    ("aside", "from"),
    ("anything", "but"),
    ("everything", "but"),
    ("all", "but"),
    ("leave", "out"),
    ("leaving", "out"),
    ("free", "of"),
    ("isn", "t"),
    ("aren", "t"),
    ("wasn", "t"),
    ("weren", "t"),
    ("don", "t"),
    ("doesn", "t"),
    ("didn", "t"),
    ("hasn", "t"),
    ("haven", "t"),
    ("won", "t"),
    ("can", "t"),
}
# "not only", "whether or not".
AFFIRMED = _words("only just necessarily")
