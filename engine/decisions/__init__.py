"""Decisions in DMN 1.1 to 1.5: tables with every hit policy, boxed expressions, requirement graphs.

model = Model.read(xml)
decision = model.decide("ladder", {"days left": 2})
decision.value, decision.warnings, explain(decision)
"""

from engine.decisions.check import check
from engine.decisions.coverage import Coverage, Gap, Overlap, analyse
from engine.decisions.errors import DecisionError
from engine.decisions.findings import Finding
from engine.decisions.model import Decision, DecisionInfo, Model
from engine.decisions.trace import Miss, TableTrace


def explain(decision: Decision) -> list[str]:
    """Return in sentences which rules hit and at which cell the others failed, table by table."""
    return [line for table in decision.trace for line in table.lines()]


__all__ = [
    "Coverage",
    "Decision",
    "DecisionError",
    "DecisionInfo",
    "Finding",
    "Gap",
    "Miss",
    "Model",
    "Overlap",
    "TableTrace",
    "analyse",
    "check",
    "explain",
]
