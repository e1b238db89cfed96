"""Who did something."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from engine.audit.models import ActorKind


class Person(Protocol):
    """What an actor needs to know about a member of staff."""

    @property
    def id(self) -> UUID: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who did it: a member of staff, the resident, a program, or the engine itself.

    Args:
        kind: which of the four.
        id: the staff id as a string, or the API token's name; None for the resident, whose name is never recorded, and
            of another party its key, such as `p2`.
        name: what the timeline shows.
    """

    kind: ActorKind
    id: str | None = None
    name: str | None = None

    @classmethod
    def engine(cls) -> "Actor":
        """Return the engine: a timer, a deemed acceptance, an automatic step."""
        return cls(kind=ActorKind.ENGINE)

    @classmethod
    def staff(cls, staff: Person) -> "Actor":
        """Return a member of staff."""
        return cls(kind=ActorKind.STAFF, id=str(staff.id), name=staff.name)

    @classmethod
    def resident(cls, party: str = "p1") -> "Actor":
        """Return the resident who filed the matter, or another party. Who that is follows from the case; no name is
        kept."""
        return cls(kind=ActorKind.RESIDENT, id=None if party == "p1" else party)

    @property
    def party(self) -> str | None:
        """The key of the party who acts; None for who is none."""
        return (self.id or "p1") if self.kind is ActorKind.RESIDENT else None

    @classmethod
    def api(cls, name: str) -> "Actor":
        """Return a program, by its token's name."""
        return cls(kind=ActorKind.API, id=name, name=name)
