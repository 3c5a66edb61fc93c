"""Margins, levels and worths where nobody chose others: the one home of each default.

What only one further experiment has is the default of its field in
:mod:`speckit_analysis.analysis.experiment.plan`.  Nothing is imported here, so that commands name
these in their help without loading the data libraries.
"""

#: Level at which what is worse by the margin is adopted.
ALPHA = 0.05

#: Share of the quality of the variant in use that the simpler one may lose.
MARGIN = 0.05

#: USD that a point of quality of one SPEC is worth.
WORTH_USD = 0.5

#: Points within which two variants score alike, and the share of units in which they have to.
TOLERANCE, ALIKE = 1.0, 0.9

#: Fewer SPECs than this, and nothing is recommended, whatever the intervals say.
LEAST_SPECS = 5

#: Variants that only repeat another one, unchanged, and which.
REPEATS = {"consensus_again": "consensus", "single_again": "single"}

#: Share of the money on either side, bill and calls, that has to be compared before a bill passes.
COMPARED = 0.95
