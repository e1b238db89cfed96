"""Migrations of many cases: prepared once, carried out case by case, and taken up again wherever it stopped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.clock import aware
from engine.db import new_id, writing
from engine.definitions import load
from engine.errors import Invalid, NotFound, Phrase
from engine.failpoints import reach
from engine.instances.conductor import MOVABLE
from engine.instances.migrating import Fate, Verdict, migrate_instance
from engine.instances.migration_plans import read_moves
from engine.instances.models import Instance, Migration, MigrationCase
from engine.instances.runtime import Runtime
from engine.spiff import Moves


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a migration is: cases that wait, that were moved, that could not be, that had nothing to move."""

    waiting: int = 0
    moved: int = 0
    refused: int = 0
    skipped: int = 0


def rehearse(
    sessions: sessionmaker[Session],
    runtime: Runtime,
    *,
    from_id: UUID,
    to_id: UUID,
    moves: Mapping[str, Mapping[str, str]],
    actor: Actor,
    now: datetime,
    seconds: float | None = None,
) -> list[Verdict]:
    """Try a plan on every running case of a version, and keep nothing of it.

    Args:
        seconds: after so long no further case is tried; at least one is.

    Raises:
        NotFound: there is no such version.
        Invalid: the plan cannot be used.
    """
    with sessions() as session:
        checked = _checked(session, from_id, to_id, moves)
        instances = _running(session, from_id)
    verdicts: list[Verdict] = []
    begun = monotonic()
    for instance_id in instances:
        if seconds is not None and verdicts and monotonic() - begun > seconds:
            break
        with sessions() as session:
            verdicts.append(
                migrate_instance(
                    runtime.conductor,
                    session,
                    instance_id,
                    to=to_id,
                    moves=checked,
                    note="",
                    actor=actor,
                    now=now,
                    rehearse=True,
                )
            )
    return verdicts


def prepare(
    session: Session,
    *,
    from_id: UUID,
    to_id: UUID,
    moves: Mapping[str, Mapping[str, str]],
    note: str,
    actor: Actor,
    now: datetime,
    jurisdiction: str,
    instances: Iterable[UUID] | None = None,
) -> Migration:
    """Write down which cases are to be moved; `carry_out` moves them.

    Args:
        moves: {process: {older element id: newer one}} for elements whose id changed.
        instances: which ones; by default all that run on the older version.

    Raises:
        NotFound: there is no such version.
        Invalid: the plan cannot be used.
    """
    _checked(session, from_id, to_id, moves)
    with writing(session):
        migration = Migration(
            id=new_id(), jurisdiction=jurisdiction, key=load(session, to_id).key, from_id=from_id, to_id=to_id,
            moves={process: dict(elements) for process, elements in moves.items()}, note=note,
            author=actor.name or actor.kind.value, created_at=aware(now),
        )  # fmt: skip
        session.add(migration)
        session.flush()
        chosen = list(instances) if instances is not None else _running(session, from_id)
        session.add_all([MigrationCase(migration_id=migration.id, instance_id=each) for each in chosen])
        session.flush()
        return migration


def carry_out(
    sessions: sessionmaker[Session],
    runtime: Runtime,
    migration_id: UUID,
    *,
    actor: Actor,
    now: datetime,
    limit: int = 100,
    again: bool = False,
) -> Progress:
    """Move some of the cases that wait, each in a transaction of its own with its verdict; say how far it is.

    It may be stopped at any moment and called again: a case is moved, or it waits. Whoever works on a case is not
    disturbed: their next step runs under the newer version.

    Args:
        limit: the most cases to move in this call.
        again: first let those wait again that could not be moved.

    Raises:
        NotFound: there is no such migration.
    """
    with sessions() as session:
        migration = find_migration(session, migration_id)
        checked = _checked(session, migration.from_id, migration.to_id, migration.moves)
        to, note = migration.to_id, migration.note
        if again:
            _let_wait_again(session, migration_id)
        waiting = list(
            session.scalars(
                select(MigrationCase.instance_id)
                .where(MigrationCase.migration_id == migration_id, MigrationCase.fate.is_(None))
                .order_by(MigrationCase.instance_id)
                .limit(limit)
            )
        )
    for instance_id in waiting:
        with sessions() as session, writing(session):
            verdict = migrate_instance(
                runtime.conductor, session, instance_id, to=to, moves=checked, note=note, actor=actor, now=now
            )
            _write(session, migration_id, verdict, now)
            reach("migration-before-commit")
        reach("migration-between-cases")
    with sessions() as session:
        return progress(session, migration_id)


def progress(session: Session, migration_id: UUID) -> Progress:
    """Return how far a migration is."""
    counted = (
        select(MigrationCase.fate, func.count())
        .where(MigrationCase.migration_id == migration_id)
        .group_by(MigrationCase.fate)
    )
    return Progress(**{fate or "waiting": count for fate, count in session.execute(counted)})


def verdicts(session: Session, migration_id: UUID, fate: Fate | None = None) -> list[Verdict]:
    """Return what became of the cases of a migration that were dealt with."""
    found = (
        select(MigrationCase, Instance.case_id)
        .join(Instance, Instance.id == MigrationCase.instance_id)
        .where(MigrationCase.migration_id == migration_id, MigrationCase.fate.is_not(None))
        .order_by(MigrationCase.instance_id)
    )
    if fate is not None:
        found = found.where(MigrationCase.fate == fate.value)
    return [
        Verdict(
            instance_id=row.instance_id, case_id=case_id, fate=Fate(row.fate or ""), elements=tuple(row.elements),
            sentences=tuple(Phrase.from_json(each) for each in row.told),
        )
        for row, case_id in session.execute(found)
    ]  # fmt: skip


def running_cases(session: Session) -> dict[UUID, int]:
    """Return how many cases run on each version; versions without one are left out."""
    counted = (
        select(Instance.version_id, func.count()).where(Instance.status.in_(MOVABLE)).group_by(Instance.version_id)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


def find_migration(session: Session, migration_id: UUID) -> Migration:
    """Return a migration.

    Raises:
        NotFound: there is no such migration.
    """
    found = session.get(Migration, migration_id)
    if found is None:
        raise NotFound("migration-unknown", "There is no migration {migration}.", migration=str(migration_id))
    return found


def _running(session: Session, version_id: UUID) -> list[UUID]:
    found = select(Instance.id).where(Instance.version_id == version_id, Instance.status.in_(MOVABLE))
    return list(session.scalars(found.order_by(Instance.id)))


def _checked(session: Session, from_id: UUID, to_id: UUID, moves: Mapping[str, Mapping[str, str]]) -> Moves:
    old, new = load(session, from_id), load(session, to_id)
    if old.key != new.key or old.id == new.id:
        raise Invalid(
            "migration-versions",
            "Cases go from one version of a process to another of the same: {old} {first} to {new} {second} is none.",
            old=old.key, first=old.number, new=new.key, second=new.number,
        )  # fmt: skip
    return read_moves(moves, old, new)


def _let_wait_again(session: Session, migration_id: UUID) -> None:
    with writing(session):
        session.execute(
            update(MigrationCase)
            .where(MigrationCase.migration_id == migration_id, MigrationCase.fate == Fate.REFUSED.value)
            .values(fate=None)
        )


def _write(session: Session, migration_id: UUID, verdict: Verdict, now: datetime) -> None:
    session.execute(
        update(MigrationCase)
        .where(MigrationCase.migration_id == migration_id, MigrationCase.instance_id == verdict.instance_id)
        .values(
            fate=verdict.fate.value, at=aware(now), elements=list(verdict.elements),
            told=[each.to_json() for each in verdict.sentences],
        )
    )  # fmt: skip
