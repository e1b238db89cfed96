"""A diagram as a tree of steps that is read and changed without the drawing; the drawing follows."""

from engine.definitions.outlining.connecting import connect, delete
from engine.definitions.outlining.events import BORDERS, TIMES, add_border
from engine.definitions.outlining.placing import KINDS, add_after
from engine.definitions.outlining.settings import fields, rename, set_values
from engine.definitions.outlining.tree import Item, items

__all__ = [
    "BORDERS",
    "KINDS",
    "TIMES",
    "Item",
    "add_after",
    "add_border",
    "connect",
    "delete",
    "fields",
    "items",
    "rename",
    "set_values",
]
