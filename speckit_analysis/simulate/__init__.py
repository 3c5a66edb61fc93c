"""Simulated evidence with effects that you set, to try analyses on a known truth."""

from speckit_analysis.simulate.damage import DAMAGE
from speckit_analysis.simulate.design import Agent, Design
from speckit_analysis.simulate.tree import simulate, simulate_runs
from speckit_analysis.simulate.truth import Truth

__all__ = ["DAMAGE", "Agent", "Design", "Truth", "simulate", "simulate_runs"]
