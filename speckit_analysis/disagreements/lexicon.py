"""Words that tell what a statement claims, and what kind of difference it can make.

They were chosen from the definitions in use for labelling disagreements and from the vocabulary
of software plans; how much each group weighs is fitted
(:mod:`speckit_analysis.disagreements.model`).
"""

from __future__ import annotations

import re


def _any(alternatives: str) -> re.Pattern[str]:
    """Return a pattern for any of the expressions between bars, as whole words."""
    words = "|".join(word.strip() for word in re.split(r"\s\|\s", alternatives))
    return re.compile(rf"(?<![\w/.-])(?:{words})(?![\w/])")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What is there, works or is accepted.
POSITIVE = _any(
    r"""
    exists? | present | found | pass(?:ed|es|ing)? | ready | complete[d]? | implemented |
    verified | functional | work(?:s|ing) | complian(?:t|ce) | satisfied | supported |
    resolved | enabled | available | success(?:ful|fully)? | succeeds? | valid |
    accessible | populated | conforms? | unlocked | done | excellent | consistent |
    covered | approved? | safe | stable | allowed | proceed | go ahead | all green
    """
)

#: What is missing, broken or refused.
NEGATIVE = _any(
    r"""
    missing | absent | fail(?:s|ed|ure|ures|ing)? | incomplete | broken | empty | unclear |
    undefined | under-?specified | unspecified | lack(?:s|ing)? | unresolved | disabled |
    unavailable | invalid | non-compliance | non-compliant | blocked | blocker | hold |
    unable | inconsistent | deprecated | skipped | outstanding | outdated | stale |
    unsafe | unverified | untested | rejected | forbidden | prohibited | gap |
    drift(?:s|ed)? | non-standard | does not (?:exist|work|compile)
    """
)

#: The question is left open.
OPEN = _any(
    r"""
    unclear | undefined | unspecified | under-?specified |
    not (?:explicitly )?(?:specif(?:y|ied)|defined?|stated?|decided|known|clear) |
    not (?:explicitly )?(?:provided|mentioned) |
    (?:doesn't|does not|do not) (?:explicitly )?(?:specify|define|state|say|mention|provide) |
    tbd | to be (?:decided|determined|defined|confirmed|agreed|clarified) |
    should be (?:defined|clarified|specified|decided|documented) |
    needs? (?:to be )?(?:defined|clarified|specified|decided|clarification|a decision) |
    open question | awaiting | could be more (?:explicit|specific) | ambiguous | clarify |
    not fully specified | information gap | undecided | depends on | confirm with |
    ask the
    """
)

#: One option is taken.
DECIDED = _any(
    r"""
    must | use | uses | adopt | set | standardi[sz]e | define | prescribe | shall |
    is recommended | keep | store | require[sd]? | implement | scope
    """
)

#: A position is reported, not taken.
REPORTED = _any(
    r"""
    propos(?:ed|es) | prefer(?:s|red)? | advocat(?:ed|es) | suggest(?:s|ed) |
    recommend(?:s|ed) | favou?r(?:s|ed)? | insist(?:s|ed) | argu(?:ed|es) | push(?:ed|es) |
    wants? | wanted | emphasi[sz]e[sd] | kept | removed | expect(?:s|ed)? |
    consensus (?:kept|allows|reached) | group (?:kept|removed|agreed) | others
    """
)

#: What turns the word after it over.
NEGATION = re.compile(
    r"\b(?:no|not|never|without|cannot|can't|isn't|aren't|doesn't|don't|won't|nor|neither|non)\b"
    r"(?:\W+\w+){0,3}\W*$"
)

#: Vocabulary of each type of disagreement.
TYPES = {
    "factual": _any(
        r"""
        exists? | missing | found | pass(?:ed|es)? | fail(?:s|ed|ure)? | status | verdict |
        readiness | ready | present | absent | shows? | contains? | reports? | currently |
        limit | ceiling | size | count | score | already | evidence | claims? | confirmed |
        verified | implemented | compil(?:es?|ation) | complete | completeness | clarity |
        total | percent
        """
    ),
    "scope": _any(
        r"""
        scope | only | includ(?:e|es|ed|ing) | exclud(?:e|es|ed|ing) | tasks? | t\d+ |
        phases? | cover(?:s|age)? | stages? | generic | additional | all | every | each |
        limit(?:ed)? to | out of | remove[sd]? | kept | deprecat(?:e|ion) | optional |
        defer(?:red)? | later | future | explicit(?:ly)? | deeper | lightweight | summary |
        test suite | suite | features? | drop | skip | support
        """
    ),
    "structural": _any(
        r"""
        director(?:y|ies) | folder | located? | location | path | module | file | first |
        before | after | then | order | sequence | sequential | parallel |
        depend(?:s|ency|encies) | phase | section | group(?:ed|ing)? | split | merge |
        organi[sz]ed? | layout | scaffold | separate | step | combine[d]?
        """
    ),
    "technical": _any(
        r"""
        schemas? | fields? | json | sql | sqlite | database | db | api | protocol |
        format | library | algorithm | formula | comput(?:e|ed|es) | calculat(?:e|ed|ion) |
        measured? | define | binary | native | script | rust | function | cach(?:e|ing) |
        store[ds]? | storage | queue | retr(?:y|ies) | ranking | premium | model | cli |
        tui | interactive | overlay | tags? | timestamps? | utc | iso | key | token |
        strateg(?:y|ies) | implementation | threshold | timeout | alignment | canonical |
        source of truth
        """
    ),
    "process": _any(
        r"""
        approv(?:al|e|ed|es) | sign-?off | until | block(?:s|ed|er|ing)? |
        gat(?:e|es|ed|ing) | escalat(?:e|es|ion) | manual(?:ly)? | review(?:ed|er)? |
        weeks? | days? | mandatory | optional | hold | schedule[d]? | responsible | owner |
        next | pause | pausing | release | defer(?:ring|red)? | proceed | require[sd]? |
        hard | soft | informational | benchmark | acceptance | remediation | follow-up |
        degraded | soak | window | rerun | before | automatic(?:ally)? | minimum
        """
    ),
}

#: A limit to what is done, depth of treatment, order, the name of a state, today's state.
LIMITS = re.compile(
    r"\b(?:only|remove[ds]?|no longer|instead|drop(?:ped|s)?|deprecat|exclude|out of scope|must not"
    r"|never|stop|refuse|not part)"
)
DEPTH = re.compile(
    r"\b(?:detail|explicit|conceptual|deeper|lightweight|summary|high-level|granular|phases|tasks"
    r"|emphasi|thorough|brief)"
)
ORDER = re.compile(r"\b(?:first|before|after|then|order|sequence|precede|follow(?:ed|s) by|last)\b")
LABEL = re.compile(r"\b(?:status|state|format|rounded|label|timestamp|named?|iso 8601|utc)\b")
CURRENT = re.compile(
    r"\b(?:current(?:ly)?|existing|already|today|now|aspirational|not yet|planned|as stated"
    r"|according to)\b"
)
TIME_FORMAT = re.compile(r"iso[ -]?8601|rfc ?3339|\butc\b")

#: Words for the same state.
SAME_STATE = (
    _words("todo open pending not_started new planned queued"),
    _words("ok success passed pass succeeded green done complete completed"),
    _words("failed fail error red"),
)

#: What a number can count and two statements can differ about.
UNITS = _words(
    """
    % mb kb gb ms s min h usd day week month token file test task agent stage run attempt
    call entry job phase requirement row artifact step
    """
)

#: Words that mean much the same in plans and reviews; the first stands for all.
CONCEPTS = (
    "directory folder dir",
    "limit ceiling threshold cap maximum max",
    "verdict status readiness decision overall",
    "cost spend spent price usd",
    "test check validate verify validation verification",
    "task step item action",
    "run execute perform execution",
    "warn warning alert",
    "retention retain archive archival archiving",
    "approve approval sign-off signoff",
    "schema contract field",
    "agent model participant",
    "fix resolve remediation repair",
    "unlock ship release",
    "generate produce create emit write export generated",
    "update refresh modify change",
    "documentation doc docs guide guidance",
    "compile build compilation",
    "outstanding pending remain remaining todo",
    "timestamp date datetime",
    "authoritative canonical normative primary",
    "calculate compute calculation computation measure measured",
    "missing absent lack",
    "exist present found exists",
    "store storage database db sqlite persist",
    "artifact artefact record output",
    "path location located",
    "fail failure failed",
    "hold gated blocked block",
    "degraded degradation",
    "agreement agree consensus",
    "script shell",
    "file document",
    "duration latency time timeout",
    "size footprint",
    "manual manually hand",
    "delete remove drop cleanup",
    "conflict clash disagreement",
    "requirement criterion criteria",
    "stage phase",
    "owner responsible maintainer",
    "include cover coverage",
    "order sequence",
    "fallback degrade",
    "parse parsing parser",
)

#: Words that carry no topic.
STOP = _words(
    """
    a an and are as at be been being but by can could do does for from had has have how i
    if in into is it its may might more most of on or our should so some such than that
    the their them then there these they this those to up was we were what when where
    which while who why will with would you your s t also via per etc e g ie eg both any
    other rather just
    """
)
