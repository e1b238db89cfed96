"""The command that lets running cases go on under another version of their process."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from engine.audit import Actor
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault
from engine.clock import SystemClock
from engine.db import connect, sessions
from engine.definitions import active_version, load
from engine.definitions.models import ProcessVersion
from engine.errors import Invalid, NotFound
from engine.instances.migrating import Fate, Verdict
from engine.instances.migration_plans import propose
from engine.instances.migrations import Progress, carry_out, prepare, progress, rehearse, verdicts
from web.cli.reading import Commands, Read

#: cases that are moved between two looks at how far it is
_BATCH: Final = 100
_ACTOR: Final = Actor.api("command line")


def add_commands(commands: Commands) -> None:
    """Add `migrate`."""
    move = commands.add_parser("migrate", help="let running cases go on under another version of their process")
    move.add_argument("key", nargs="?", help="of the process, such as petition")
    move.add_argument("--from", type=int, dest="older", metavar="NUMBER", help="the version that the cases are on")
    move.add_argument("--to", type=int, dest="newer", metavar="NUMBER", help="by default the active version")
    move.add_argument("--plan", type=Path, help='JSON: {"process": {"older element id": "newer one"}}')
    move.add_argument("--note", default="", help="why; it stands in the events of each case")
    move.add_argument("--dry-run", action="store_true", help="say for each case what would come of it; keep nothing")
    move.add_argument("--resume", type=UUID, metavar="ID", help="go on with a migration that was stopped")
    move.add_argument("--again", action="store_true", help="with --resume: try those again that could not be moved")
    move.add_argument("--json", action="store_true")
    move.set_defaults(run=_migrate)


def _migrate(options: argparse.Namespace, read: Read) -> int:
    """Exit 0 when every case was moved or had nothing to move, 1 when some could not be."""
    settings = read()
    engine = connect(settings.database_url)
    try:
        return _carry(options, settings, sessions(engine))
    finally:
        engine.dispose()


def _carry(options: argparse.Namespace, settings: Settings, opened: sessionmaker[Session]) -> int:
    now = SystemClock().now()
    runtime = case_runtime(Vault(settings.field_key), site=settings.public_url)
    if options.resume is None:
        from_id, to_id, moves = _plan(options, opened)
        if options.dry_run:
            found = rehearse(opened, runtime, from_id=from_id, to_id=to_id, moves=moves, actor=_ACTOR, now=now)
            return _tell(options, found, None)
        with opened() as session:
            identity = prepare(
                session, from_id=from_id, to_id=to_id, moves=moves, note=options.note, actor=_ACTOR, now=now,
                jurisdiction=settings.jurisdiction,
            ).id  # fmt: skip
            session.commit()
    else:
        identity = options.resume
    again = options.again
    while True:
        done = carry_out(opened, runtime, identity, actor=_ACTOR, now=now, limit=_BATCH, again=again)
        again = False
        if not done.waiting:
            break
    with opened() as session:
        return _tell(options, verdicts(session, identity), (identity, progress(session, identity)))


def _plan(options: argparse.Namespace, opened: sessionmaker[Session]) -> tuple[UUID, UUID, Mapping[str, Any]]:
    """Return the versions and where elements went: as the plan says, else as their kinds and names tell."""
    if not options.key or options.older is None:
        raise Invalid("migrate-what", "Name the process and --from, the number of the version that the cases are on.")
    with opened() as session:
        from_id = _version(session, options.key, options.older)
        newer = options.newer
        to_id = _version(session, options.key, newer) if newer else active_version(session, options.key).id
        if options.plan is not None:
            return from_id, to_id, _read_plan(options.plan)
        return from_id, to_id, propose(load(session, from_id), load(session, to_id)).moves


def _version(session: Session, key: str, number: int) -> UUID:
    wanted = select(ProcessVersion.id).where(ProcessVersion.key == key, ProcessVersion.number == number)
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("version-number-unknown", "{process} has no version {number}.", process=key, number=number)
    return found


def _read_plan(path: Path) -> Mapping[str, Any]:
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Invalid(
            "migration-plan-unreadable", "{file} is no JSON: {reason}", file=str(path), reason=str(error)
        ) from error
    return plan if isinstance(plan, dict) else {"": plan}


def _tell(options: argparse.Namespace, found: list[Verdict], carried: tuple[UUID, Progress] | None) -> int:
    counts = Counter(each.fate for each in found)
    if options.json:
        told = {
            "migration": str(carried[0]) if carried else None,
            "progress": asdict(carried[1]) if carried else {fate.value: counts[fate] for fate in Fate},
            "cases": [
                {
                    "case": str(each.case_id), "instance": str(each.instance_id), "fate": each.fate.value,
                    "elements": list(each.elements), "sentences": [str(said) for said in each.sentences],
                }
                for each in found
            ],
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for each in found:
            print(f"{each.fate:8} {each.case_id}  {' '.join(each.sentences)}")
        print(", ".join(f"{counts[fate]} {fate}" for fate in Fate) + (f" (migration {carried[0]})" if carried else "."))
    return 1 if counts[Fate.REFUSED] else 0
