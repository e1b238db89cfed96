"""A sandbox: one matter played on the real engine, in a database in memory, at a time that can be moved.

Whatever happens in it stays in it: its outbox is never carried, its people and its matter are invented.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.filing import Filing, file_case
from engine.cases.models import Case
from engine.cases.parties import NewParty, allowed, party_roles
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault
from engine.clock import aware
from engine.db import new_id, sessions, writing
from engine.definitions import LoadedVersion, Package, load
from engine.definitions.models import ProcessVersion, VersionState
from engine.errors import Conflict
from engine.instances import store
from engine.instances.hooks import Step
from engine.instances.incidents import Attempt
from engine.instances.models import Instance
from engine.proposals.performers import register_performers
from engine.sandbox.database import as_version, compiled, open_database
from engine.sandbox.district import District, install
from engine.sandbox.people import actor_of, sender_of
from engine.spiff import Passed, WaitingMessage
from engine.tasks.models import WorkItem

#: Links in its notices begin with it; nobody ever follows one.
SITE: Final = "https://sandbox.invalid"
#: The invented matter.
TITLE, TEXT, PERSON = "演练事项", "这是一件虚构的事项，用于演练流程。", "演练人"
PHONE, MAIL = "13900000000", "yanlian@example.org"


@dataclass(frozen=True, kw_only=True)
class Matter:
    """The matter that is played.

    Args:
        category: key of a category of the package.
        start: what is entered into the start form.
        parties: roles of the other people whom it concerns.
        title: what it is about; invented.
        filed: other facts of its filing, for a recorded matter: `channel`.
    """

    category: str = ""
    start: Mapping[str, Any] = field(default_factory=dict)
    parties: tuple[str, ...] = ()
    title: str = TITLE
    channel: str = "portal"

    def to_json(self) -> dict[str, Any]:
        return {"category": self.category, "start": dict(self.start), "parties": list(self.parties),
                "title": self.title, "channel": self.channel}  # fmt: skip


class Sandbox:
    """One matter under way. Its methods may be called by any thread, one at a time.

    Args:
        package: what is played; it has to compile, and may have other mistakes.
        district: where.
        now: when it begins.
        others: versions of other processes that this one may call for, as rows of the live database.
        image: of a sandbox of the same package and district in which nothing was done, see `image_of`.
    """

    def __init__(
        self, package: Package, district: District, *, now: datetime, others: Iterable[ProcessVersion] = (),
        image: bytes | None = None,
    ) -> None:  # fmt: skip
        self.lock = RLock()
        self.now, self.district, self.package = aware(now), district, package
        self.version = compiled(package)
        self.vault = Vault(os.urandom(32))
        self.passed: list[Passed] = []
        self.case_id: UUID | None = None
        self.engine = open_database(image)
        self.sessions = sessions(self.engine)
        self.runtime = case_runtime(self.vault, site=SITE, cache_size=4)
        register_performers(self.runtime.hooks, self.vault)
        self.runtime.hooks.on_passed = self._note_passed
        if image is None:
            with self.sessions() as session:
                install(session, district, now=self.now)
                self._add_versions(session, others)

    def close(self) -> None:
        """Forget everything."""
        self.engine.dispose()

    @property
    def key(self) -> str:
        """The process that is played."""
        return self.version.key

    def _note_passed(self, _step: Step, passed: Sequence[Passed]) -> None:
        self.passed += passed

    def _add_versions(self, session: Session, others: Iterable[ProcessVersion]) -> None:
        rows = {row.key: row for row in others if row.key != self.key}
        own = as_version(self.package)
        own.deployed_at = self.now
        with writing(session):
            session.add(own)
            session.add_all(
                ProcessVersion(
                    id=row.id, key=row.key, number=row.number, name=row.name, package=row.package, sha256=row.sha256,
                    author="", note="", state=VersionState.ACTIVE, deployed_at=self.now,
                )
                for row in rows.values()
            )  # fmt: skip

    # ---- what people do

    def start(self, matter: Matter) -> None:
        """File the matter.

        Raises:
            Invalid: the start form refuses what was entered.
            Conflict: it runs already.
        """
        if self.case_id is not None:
            raise Conflict("sandbox-started", "The matter was filed already. Begin anew to file another.")
        filing = Filing(
            title=matter.title, text=TEXT, place=self.district.place, name=PERSON, phone=PHONE, email=MAIL,
            category=matter.category or next((each["key"] for each in self.version.categories), ""), kind=self.key,
            start=matter.start, channel=matter.channel,
            parties=tuple(NewParty(name=f"演练人{n}", role=role, phone=PHONE)
                          for n, role in enumerate(matter.parties, 2)),
        )  # fmt: skip
        with self.sessions() as session:
            filed = file_case(
                session, filing, jurisdiction=self.district.jurisdiction, submission=new_id().hex, vault=self.vault,
                runtime=self.runtime, actor=Actor.resident(), now=self.now,
            )  # fmt: skip
            self.case_id = filed.case.id

    def default_parties(self) -> tuple[str, ...]:
        """The roles of the other people whom a matter of this process must have."""
        needed = allowed(self.version)
        roles = [role for role in party_roles(self.version, "zh_CN") if role != "applicant"] or ["respondent"]
        return tuple(roles[0] for _ in range(max(needed[0], 1))) if needed else ()

    def answer(self, item_id: UUID, submitted: Mapping[str, Any]) -> None:
        """Complete a task in the name of somebody who may do it.

        Raises:
            Invalid: the form refuses what was entered; nothing was changed.
            EngineError: nobody may do it; the task is over.
        """
        with self.sessions() as session:
            item = session.get_one(WorkItem, item_id)
            actor = actor_of(session, item)
            with _failing_in_sight():
                self.runtime.complete(session, item_id, submitted, actor=actor, now=self.now)

    def send(self, instance_id: UUID, waiting: WaitingMessage, submitted: Mapping[str, Any]) -> None:
        """Let an event happen: somebody takes up an offer, or a message comes from outside.

        Raises:
            Invalid: the offer's form refuses what was entered.
            Conflict: it is no longer waited for.
        """
        with self.sessions() as session:
            instance = session.get_one(Instance, instance_id)
            sender, actor = sender_of(session, self.version_of(session, instance), waiting, self.district.jurisdiction,
                                      self.now)  # fmt: skip
            with _failing_in_sight():
                self.runtime.receive(session, instance_id, waiting.id, submitted, sender=sender, actor=actor,
                                     now=self.now)  # fmt: skip

    def release(self, instance_id: UUID, element_id: str) -> None:
        """Let a join go on that waits for a way that was not taken.

        Raises:
            NotFound: no token waits there.
        """
        conductor, actor = self.runtime.conductor, Actor.engine()
        with self.sessions() as session, _failing_in_sight(), conductor.attempt(session, self.now) as attempt:
            held = attempt.held = store.lock(session.connection(), instance_id)
            tried = attempt.tried = Attempt("message", element_id, {}, actor)
            step = conductor.begin_step(session, held, actor=actor, now=self.now)
            live = conductor.live(step)
            before = live.image
            live.workflow.release(element_id)
            conductor.settle(step, live, before=before, tried=tried)

    def version_of(self, session: Session, instance: Instance) -> LoadedVersion:
        """The version that an instance in the sandbox runs on."""
        return load(session, instance.version_id)

    def case(self, session: Session) -> Case | None:
        """The matter that is played, None before it was filed."""
        return session.get(Case, self.case_id) if self.case_id is not None else None

    def instances(self, session: Session) -> list[Instance]:
        """Every process in the sandbox, that of the matter first."""
        return list(session.scalars(select(Instance).order_by(Instance.started_at, Instance.id)))


class _failing_in_sight:
    """A step that failed has left its incident, which the state shows; whoever plays goes on from there."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> bool:
        return isinstance(error, Conflict) and error.code == "step-failed"
