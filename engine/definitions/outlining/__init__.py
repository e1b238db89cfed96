"""A diagram as a tree of steps that is read and changed without the drawing; the drawing follows."""

from engine.definitions.outlining.connecting import connect, delete
from engine.definitions.outlining.events import BORDERS, TIMES, add_border
from engine.definitions.outlining.lanes import add_lane, delete_lane, put_in_lane
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
    "add_lane",
    "connect",
    "delete",
    "delete_lane",
    "fields",
    "items",
    "put_in_lane",
    "rename",
    "set_values",
]
