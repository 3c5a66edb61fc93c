"""Disagreements between the proposals of a run: pairs judged, findings categorised."""

from speckit_analysis.disagreements.find import find_disagreements
from speckit_analysis.disagreements.judge import Judge, judge_pairs

__all__ = ["Judge", "find_disagreements", "judge_pairs"]
