"""What the rooms above hand in: who carries out services, issues documents, reaches residents, takes note of ends."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from engine import feel
from engine.audit import Actor
from engine.clock import CHINA
from engine.definitions import LoadedVersion
from engine.events import after_commit, before_commit
from engine.instances.ledger import Ledger
from engine.instances.store import Held
from engine.notices import Recipient
from engine.notices.outbox import Seal
from engine.prepared import Found
from engine.spiff import Passed, ServiceCall


@dataclass(kw_only=True)
class Step:
    """A step of one instance under way, in one transaction with everything that it causes.

    Args:
        session: of the transaction; whoever is handed the step writes through it and never commits.
        connection: of the session, for compiled statements.
        held: the instance's row as it was locked.
        version: the deployed version that the instance runs on.
        actor: who caused the step.
        now: its time.
        ledger: takes audit events of the case.
        functions: gives the FEEL functions of the step, for expressions of its settings.
        reached: whom a relation means, by jurisdiction, relation and unit; steps of one transaction share it.
    """

    session: Session
    connection: Connection
    held: Held
    version: LoadedVersion
    hooks: "Hooks"
    actor: Actor
    now: datetime
    ledger: Ledger
    functions: Callable[[], Mapping[str, Callable[..., Any]]] = dict
    reached: dict[tuple[str, str, str], list[Recipient]] = field(default_factory=dict)
    #: what notices say of the case, when it was read
    case: Found | None = None
    #: notices were put in the outbox
    posted: bool = False
    #: something outside of the process was done, which may have moved clocks
    performed: bool = False
    #: it left an incident without failing
    troubled: bool = False
    #: the process is sent back: statutory clocks run on, whatever becomes of what they measure
    going_back: bool = False
    #: a completion is taken back: every clock goes on as if it had not been
    taking_back: bool = False
    #: where the instance stands after the step; empty until it is settled
    status: str = ""
    #: what the step has changed of the instance's row; empty until it is settled
    saved: dict[str, Any] = field(default_factory=dict)

    @property
    def case_id(self) -> UUID:
        """The case that the instance runs for."""
        return self.held.case_id

    @property
    def jurisdiction(self) -> str:
        """The jurisdiction of the case."""
        return self.held.jurisdiction

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the jurisdiction's days begin and dates are written."""
        return CHINA

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        """Evaluate a decision of the version that the instance runs on.

        Raises:
            EngineError: there is no such decision, or it cannot be evaluated.
        """
        return feel.lower(self.version.decide(decision_id, data, now=self.now, functions=self.functions()).value)


@dataclass(frozen=True, kw_only=True)
class DocumentOrder:
    """A document that is to be issued because a task is done.

    Args:
        template: key of the template in the package, `chuishao:document`.
        element_id, process_id: the task.
        data: what the task saw, with what was entered.
        unit_id: the unit that issues it: the one that had the task; None where the diagram names none.
        settings: the task's `chuishao:` settings.
        served: residents receive it with the task's notice; else it stays among staff.
    """

    template: str
    element_id: str
    process_id: str
    data: Mapping[str, Any]
    unit_id: UUID | None
    settings: Mapping[str, str]
    served: bool = False


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The main process came to its end.

    Args:
        outcome: `chuishao:outcome` of the end event that was reached, None when it says none.
        element_id: that end event.
        data: the data at the end.
    """

    outcome: str | None
    element_id: str
    data: Mapping[str, Any]


#: Carries out a send or service task inside the step's transaction; what it returns is merged into the data.
Performer = Callable[[Step, ServiceCall], Mapping[str, Any] | None]


def _nobody(_session: Session, _case_id: UUID) -> list[Recipient]:
    return []


def _parties_unknown(_session: Session, _case_id: UUID, _key: str | None) -> list[Recipient]:
    return []


def _petitioner_only(_session: Session, _case_id: UUID) -> frozenset[str]:
    return frozenset({"p1"})


def _at_once(_patience: float) -> float:
    return 0.0


def _nothing(*_: Any) -> None:
    return None


@dataclass(kw_only=True)
class Hooks:
    """What the runtime asks of the rooms above it. Each is called inside the transaction of the step.

    Args:
        performers: by `zeebe:taskDefinition type`; `notify` is the runtime's own.
        issue_document: issues a document; what it returns is merged into the data of a send task.
        on_entered: takes note of what a task's form took, typed, by field.
        on_end: takes note that a main process has ended.
        on_passed: takes note of the elements that a step passed, in order.
        resident: how the resident of a case is reached; nobody when they left no address.
        party: how a party of a case is reached, by its key; for None, every party.
        party_keys: the keys of a case's parties.
        wake: called after a commit that put notices in the outbox.
        give_way: called before each timer of a group, inside its transaction; who shares a process with requests lets
            them go first, for so many seconds at most, and returns how many it was.
        queue: called at the end of a transaction that puts notices in the outbox, within it; None where nobody shares
            the work.
        completed: called after a commit by which a task is completed.
        seal: encrypts a resident's address.
        site: how the application is reached from outside, `https://…`.
        resident_link: path of the page on which a resident follows a matter.
    """

    performers: dict[str, Performer] = field(default_factory=dict)
    issue_document: Callable[[Step, DocumentOrder], Mapping[str, Any] | None] = _nothing
    on_entered: Callable[[Step, Mapping[str, Any]], None] = _nothing
    on_end: Callable[[Step, Ended], None] = _nothing
    on_passed: Callable[[Step, Sequence[Passed]], None] = _nothing
    resident: Callable[[Session, UUID], list[Recipient]] = _nobody
    party: Callable[[Session, UUID, str | None], list[Recipient]] = _parties_unknown
    party_keys: Callable[[Session, UUID], Collection[str]] = _petitioner_only
    wake: Callable[[], None] = _nothing
    give_way: Callable[[float], float] = _at_once
    queue: Callable[[Session], None] | None = None
    completed: Callable[[], None] = _nothing
    seal: Seal | None = None
    site: str = ""
    resident_link: str = "/follow"

    def announce(self, session: Session) -> None:
        """Let those who send notices know of what the transaction of `session` puts in the outbox, if it holds."""
        if self.queue is not None:
            before_commit(session, self.queue)
        after_commit(session, self.wake)

    def register_performer(self, kind: str, performer: Performer) -> None:
        """Let `performer` carry out the tasks of a type, in place of who did before."""
        self.performers[kind] = performer
