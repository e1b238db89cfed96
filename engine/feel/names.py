"""Names that a parser has to know before it reads."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

_WORD = re.compile(r"\w+")

#: Words of other languages for FEEL's constants. They are refused with a hint unless the data really has such a name.
SLIPS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "NONE": "null",
    "Null": "null",
    "NULL": "null",
    "nil": "null",
    "undefined": "null",
    "NaN": "null",
}


#: Names that are known not to be special: every evaluation asks, and mostly about the same ones.
_plain: Final[set[Any]] = set()
_MOST_PLAIN: Final = 10_000
_LONGEST_PLAIN: Final = 64


def _is_special(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    if not name.isidentifier() or name in SLIPS:
        return True
    if len(_plain) < _MOST_PLAIN and len(name) <= _LONGEST_PLAIN:
        _plain.add(name)
    return False


def special_names(context: Mapping[str, Any], extra: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names in `context`, three levels deep, that a scanner cannot tell from its text alone.

    These are names with spaces or signs (`Total Amount`, `a-b`), which have to be known before parsing.
    """
    found = set(_with_signs(tuple(extra)))

    def visit(mapping: Mapping[str, Any], depth: int) -> None:
        if not mapping.keys() <= _plain:
            found.update(key for key in mapping if key not in _plain and _is_special(key))
        if depth == 3:
            return
        for item in mapping.values():
            if type(item) is str:  # most are
                continue
            inner = item[0] if isinstance(item, list) and item else item
            if isinstance(inner, dict):
                visit(inner, depth + 1)

    visit(context, 0)
    return tuple(sorted(found))


@lru_cache(maxsize=64)
def _with_signs(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of functions that have spaces or signs; every evaluation of a process asks about the same ones."""
    return tuple(name for name in names if not name.isidentifier())


def names_in(source: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return those names that could occur in a source, sorted.

    Data may have any number of keys with spaces; an expression is compiled anew only for those that it may mean.
    """
    return _names_in(source, tuple(names))


@lru_cache(maxsize=4096)
def _names_in(source: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if all(word in source for word in _WORD.findall(name))}))
