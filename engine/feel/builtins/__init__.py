"""The standard functions. Source: DMN 1.5, 10.3.4; a few that modellers meet in Camunda are marked as such.

All of them depend on their arguments and on the evaluation's `now` alone: the same data gives the same answer.
"""

from engine.feel.builtins import contexts, conversion, dates, lists, numbers, ranges, statistics, strings
from engine.feel.functions import BUILTINS

__all__ = [
    "BUILTINS",
    "contexts",
    "conversion",
    "dates",
    "lists",
    "numbers",
    "ranges",
    "statistics",
    "strings",
]
