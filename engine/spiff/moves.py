"""Where the elements of one version of a diagram are in another."""

import re
from collections.abc import Mapping
from typing import Final

#: Where an element of the older version is in the newer one: (process id, element id) → element id.
Moves = Mapping[tuple[str, str], str]

#: The author's id in the name of a specification: what the door adds to it no id can have.
_ID: Final = re.compile(r"[^/ ]*")


def authors_id(name: str) -> str:
    """Return the author's id in the name of a specification."""
    return _ID.match(name)[0]  # type: ignore[index]


def moved_name(process: str, name: str, moves: Moves) -> str:
    """Return the name in the newer version of a specification of the older one."""
    identifier = authors_id(name)
    return moves.get((process, identifier), identifier) + name[len(identifier) :]
