"""Before a package is deployed it is held against the cases of the last days: where they would now wait, which dates
would be others, what would get stuck.

Each case is followed twice, on the version that it ran on and on the new package, with the same that is known of it;
what differs between the two comes of the package, and not of what is not known.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.definitions import Package
from engine.definitions.models import ProcessVersion
from engine.errors import EngineError, Invalid, Phrase
from engine.sandbox.database import image_of
from engine.sandbox.deploying import active_versions
from engine.sandbox.district import District, copied
from engine.sandbox.following import Followed, Problem, follow
from engine.sandbox.recorded import Recorded, read_recorded, recorded_cases
from engine.sandbox.running import Run

#: How many cases one batch takes at most, how long it may take in seconds, and how far back it looks in days.
MAX_CASES, MAX_SECONDS, MAX_DAYS = 500, 600.0, 3_660


@dataclass(frozen=True, kw_only=True)
class MovedClock:
    """A date that would be another."""

    name: str
    was: datetime
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What would become of one case.

    Args:
        waits_was, waits_now: ids of the elements at which it waits on its own version, and on the package.
        state_was, state_now: `running`, or the outcome.
        faithful: on its own version it came to where it really is; else what is known of it is not enough.
    """

    case_id: UUID
    number: str
    faithful: bool
    state_was: str
    state_now: str
    waits_was: tuple[str, ...]
    waits_now: tuple[str, ...]
    clocks: tuple[MovedClock, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether it would wait elsewhere, or have ended otherwise."""
        return (self.state_was, self.waits_was) != (self.state_now, self.waits_now)

    @property
    def same(self) -> bool:
        """Whether nothing would be different."""
        return not (self.moves or self.clocks or self.problems)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a batch came to.

    Args:
        next_after: names the last case that was read; None when there are no more.
        seconds: that it took.
    """

    verdicts: tuple[Verdict, ...]
    next_after: UUID | None
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        """How many cases: `cases`, `same`, `moved`, `clocks` (with a date that is another), `stuck`, `unfaithful`."""
        return {
            "cases": len(self.verdicts),
            "same": sum(each.same for each in self.verdicts),
            "moved": sum(each.moves for each in self.verdicts),
            "clocks": sum(bool(each.clocks) for each in self.verdicts),
            "stuck": sum(bool(each.problems) for each in self.verdicts),
            "unfaithful": sum(not each.faithful for each in self.verdicts),
        }


def rehearse_package(
    session: Session,
    package: Package,
    *,
    jurisdiction: str,
    days: int,
    now: datetime,
    cases: int = 50,
    seconds: float = 60.0,
    after: UUID | None = None,
) -> Report:
    """Hold a package against recorded cases of its process, some at a time. Nothing is written.

    Args:
        days: cases that began since so many days.
        cases, seconds: of this batch; at least one case is looked at.
        after: `next_after` of the batch before.

    Raises:
        Invalid: the package cannot be compiled; the organisation has no place; days or cases are out of range.
    """
    if not (1 <= days <= MAX_DAYS and 1 <= cases <= MAX_CASES):
        raise Invalid("rehearsal-range", "Look at 1 to {days} days and 1 to {cases} cases at a time.", days=MAX_DAYS,
                      cases=MAX_CASES)  # fmt: skip
    began = time.monotonic()
    since = now - timedelta(days=days)
    found = recorded_cases(
        session, key=str(package.manifest["key"]), jurisdiction=jurisdiction, since=since, limit=cases + 1, after=after
    )
    theatre = _Theatre(session, package, jurisdiction=jurisdiction, since=since)
    verdicts: list[Verdict] = []
    for instance_id in found[:cases]:
        if verdicts and time.monotonic() - began > min(seconds, MAX_SECONDS):
            break
        verdicts.append(theatre.judge(read_recorded(session, instance_id), now))
    more = len(found) > len(verdicts)
    return Report(
        verdicts=tuple(verdicts), next_after=found[len(verdicts) - 1] if more and verdicts else None,
        seconds=time.monotonic() - began,
    )  # fmt: skip


class _Theatre:
    """Sandboxes of the package and of the versions that cases ran on, each furnished once and copied for every case."""

    def __init__(self, session: Session, package: Package, *, jurisdiction: str, since: datetime) -> None:
        self.session, self.package, self.since = session, package, since
        self.district = copied(session, jurisdiction, same_staff=True)
        self.others: tuple[ProcessVersion, ...] = tuple(active_versions(session))
        self._images: dict[str, bytes] = {}
        self._packages: dict[UUID, Package] = {}

    def judge(self, recorded: Recorded, now: datetime) -> Verdict:
        """Follow one case twice and compare."""
        try:
            was = self._follow(self._own(recorded.version_id), recorded, now)
        except EngineError as error:
            reason = Phrase("The version that it runs on cannot be played: {reason}", reason=error.message)
            problem = Problem(code="version-unplayable", element_id="", sentence=reason)
            return Verdict(
                case_id=recorded.case_id, number=recorded.number, faithful=False, state_was=recorded.state,
                state_now=recorded.state, waits_was=recorded.waits, waits_now=recorded.waits, problems=(problem,),
            )  # fmt: skip
        would = self._follow(self.package, recorded, now)
        known = {(each.code, each.element_id) for each in was.problems}
        return Verdict(
            case_id=recorded.case_id,
            number=recorded.number,
            faithful=(was.state, was.waits) == (recorded.state, recorded.waits) and not was.problems,
            state_was=was.state,
            state_now=would.state,
            waits_was=was.waits,
            waits_now=would.waits,
            clocks=tuple(_moved(was, would)),
            problems=tuple(each for each in would.problems if (each.code, each.element_id) not in known),
        )

    def _follow(self, package: Package, recorded: Recorded, now: datetime) -> Followed:
        district = self._at(recorded.place)
        image = self._images.get(package.sha256)
        run = Run(package, now=recorded.began_at if image else self.since, district=district, others=self.others,
                  image=image)  # fmt: skip
        try:
            if image is None:
                self._images[package.sha256] = image_of(run.box.engine)
                run.box.now = recorded.began_at
            return follow(run, recorded, until=now)
        finally:
            run.close()

    def _at(self, place: str) -> District:
        return replace(self.district, place=place)

    def _own(self, version_id: UUID) -> Package:
        if version_id not in self._packages:
            row: Any = self.session.get_one(ProcessVersion, version_id)
            self._packages[version_id] = Package.read_zip(row.package)
        return self._packages[version_id]


def _moved(was: Followed, would: Followed) -> Iterable[MovedClock]:
    for name, dates in was.clocks.items():
        for old, new in zip(dates, would.clocks.get(name, ()), strict=False):
            if old != new:
                yield MovedClock(name=name, was=old, now=new)
