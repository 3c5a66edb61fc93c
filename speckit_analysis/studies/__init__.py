"""Published studies of one model and of several: their files in, tidy frames out.

A module here knows how the files of one study look, and nothing else in the project does.  What
the studies say is for :mod:`speckit_analysis.analysis` to tell.
"""

from speckit_analysis.studies.aider import read_leaderboard
from speckit_analysis.studies.load import Studies, load_studies
from speckit_analysis.studies.tau_bench import read_trials

__all__ = ["Studies", "load_studies", "read_leaderboard", "read_trials"]
