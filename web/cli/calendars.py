"""Commands about calendars: bring in a year's notice, set a day or hours by hand, count clocks anew."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.cases.moved import moved_clocks
from engine.clock import SystemClock
from engine.deadlines import changes
from engine.deadlines.calendar import DayKind, Reason
from engine.deadlines.calendars import calendar_for
from engine.deadlines.duty import OfficeCalendars, read_hours, stored, written
from engine.deadlines.notice_file import read_notice, to_file
from engine.deadlines.recounting import current_calendars, preview_recompute, recount_since
from engine.deadlines.years import Year
from engine.errors import Invalid
from engine.instances.recounting import recount
from engine.organisation.models import OrgUnit
from engine.organisation.service import unit_by_code
from web.cli.people import open_session
from web.cli.reading import Commands, Read

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_KINDS: Final = {
    DayKind.WORKING: "working", DayKind.MAKE_UP: "make-up working day", DayKind.WEEKEND: "weekend",
    DayKind.HOLIDAY: "off",
}  # fmt: skip


def add_commands(commands: Commands) -> None:
    """Add `calendar`."""
    group = commands.add_parser("calendar", help="working days and hours of duty").add_subparsers(
        dest="action", required=True
    )
    bring = group.add_parser("import", help="bring in a year's notice; shows first which clocks it moves")
    bring.add_argument("source", metavar="FILE|YEAR", help="a file (docs/deadlines.md), or a year of the library")
    _add_change(bring, "--note", required=False)
    bring.set_defaults(run=_import)
    show = group.add_parser("show", help="versions of every year, or the days of one")
    show.add_argument("year", nargs="?", type=int)
    show.add_argument("--json", action="store_true", help="the year as a file that can be imported")
    _add_jurisdiction(show)
    show.set_defaults(run=_show)
    day = group.add_parser("set-day", help="put one day on or off by hand")
    day.add_argument("day", metavar="DAY", help="2027-05-08")
    state = day.add_mutually_exclusive_group(required=True)
    state.add_argument("--working", dest="working", action="store_true", help="the day is worked")
    state.add_argument("--off", dest="working", action="store_false", help="the day is not worked")
    day.add_argument("--name", default="", help="what the day is called: 调休上班, 台风停工")
    _add_change(day, "--reason")
    day.set_defaults(run=_set_day)
    hours = group.add_parser("hours", help="hours of duty of an office, or of everybody")
    hours.add_argument("periods", nargs="*", metavar="HH:MM-HH:MM", help="none with --unit: those of everybody again")
    hours.add_argument("--unit", help="code of the office; without it, everybody")
    _add_change(hours, "--reason")
    hours.set_defaults(run=_hours)
    again = group.add_parser("recount", help="count clocks anew that an earlier change left behind")
    again.add_argument("--dry-run", action="store_true", help="only show them")
    _add_jurisdiction(again)
    again.set_defaults(run=_recount)


def _add_jurisdiction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jurisdiction", help="by default the one of the settings")


def _add_change(parser: argparse.ArgumentParser, why: str, *, required: bool = True) -> None:
    parser.add_argument(why, dest="reason", default="", required=required, help="why; kept with the change")
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _add_jurisdiction(parser)


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """What a command works with."""

    session: Session
    jurisdiction: str
    now: datetime
    actor: Actor


def _at_desk(options: argparse.Namespace, read: Read, work: Callable[[_Desk], int]) -> int:
    settings = read()
    with open_session(settings) as session:
        return work(
            _Desk(
                session=session, jurisdiction=options.jurisdiction or settings.jurisdiction,
                now=SystemClock().now(), actor=Actor.api("command line"),
            )
        )  # fmt: skip


def _import(options: argparse.Namespace, read: Read) -> int:
    """Show what a notice changes, and bring it in."""
    path, source = Path(options.source), options.source
    if source.isascii() and source.isdigit() and len(source) == 4 and not path.exists():
        year = changes.library_year(int(source))
    else:
        year = read_notice(path.read_bytes(), path.name)

    def work(desk: _Desk) -> int:
        return _change_year(desk, options, year, tag=Tag.CALENDAR_IMPORTED, note=options.reason)

    return _at_desk(options, read, work)


def _set_day(options: argparse.Namespace, read: Read) -> int:
    """Show what a day put on or off changes, and do it."""
    try:
        day = date.fromisoformat(options.day)
    except ValueError as error:
        raise Invalid("calendar-day-unreadable", "{day} is no day of the calendar. Write it as {example}.",
                      day=options.day[:40], example="2027-05-08") from error  # fmt: skip
    reason = changes.check_reason(options.reason)

    def work(desk: _Desk) -> int:
        held = changes.held_year(desk.session, desk.jurisdiction, day.year)
        year = changes.with_day(held, day, working=options.working, name=options.name.strip())
        return _change_year(desk, options, year, tag=Tag.CALENDAR_DAY_SET, note=f"{day.isoformat()}: {reason}")

    return _at_desk(options, read, work)


def _change_year(desk: _Desk, options: argparse.Namespace, year: Year, *, tag: Tag, note: str) -> int:
    calendar = calendar_for(desk.session, desk.jurisdiction)
    held = changes.held_year(desk.session, desk.jurisdiction, year.year)
    print(f"{year.year}: {year.source}" + (" (provisional)" if year.provisional else ""))
    if held == year and calendar.calendar_id is not None and not held.provisional:
        print("That is what holds already.")
    changed = changes.changed_days(calendar, year)
    print(f"{_count_of(len(changed), 'day')} would change.")
    for each in changed:
        print(f"  {_day(each.day)}  {_kind(each.before)} -> {_kind(each.after)}")

    def store() -> None:
        version = changes.store_year(
            desk.session, desk.jurisdiction, year, note=note, actor=desk.actor, now=desk.now, tag=tag
        )
        print(f"{version.year} now holds in version {version.number}.")

    after = changes.calendars_with_year(desk.session, desk.jurisdiction, year)
    return _carry_out(desk, options, after, store, reason=note.strip() or year.source)


def _hours(options: argparse.Namespace, read: Read) -> int:
    """Show what other hours of duty change, and set them."""
    hours = read_hours(" ".join(options.periods)) if options.periods else None
    reason = changes.check_reason(options.reason)
    if hours is None and not options.unit:
        raise Invalid("duty-hours-none", "A jurisdiction needs hours of duty.")

    def work(desk: _Desk) -> int:
        unit = unit_by_code(desk.session, desk.jurisdiction, options.unit) if options.unit else None
        name = unit.name if unit else desk.jurisdiction
        unit_id = unit.id if unit else None
        before = current_calendars(desk.session, desk.jurisdiction)
        after = before.with_hours(unit_id, hours)
        was, will = (written(stored(each.of(unit_id).duty_hours)) for each in (before, after))
        print(f"{name}: {was} -> {will}")

        def store() -> None:
            changes.set_hours(
                desk.session, desk.jurisdiction, unit_id, hours, reason=reason, actor=desk.actor, now=desk.now
            )
            print(f"{name} is on duty {will}.")

        return _carry_out(desk, options, after, store, reason=reason)

    return _at_desk(options, read, work)


def _carry_out(
    desk: _Desk, options: argparse.Namespace, after: OfficeCalendars, store: Callable[[], None], *, reason: str
) -> int:
    """Show which clocks a change moves; then, unless it is only to be shown or is not wanted, make it."""
    _show_moved(desk, after)
    if options.dry_run:
        print("Nothing was changed.")
        return 0
    if not options.yes and sys.stdin.isatty() and input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        print("Nothing was changed.")
        return 1
    store()
    return _count(desk, reason)


def _recount(options: argparse.Namespace, read: Read) -> int:
    """Go on where counting anew was stopped."""

    def work(desk: _Desk) -> int:
        if options.dry_run:
            _show_moved(desk, current_calendars(desk.session, desk.jurisdiction))
            return 0
        return _count(desk, "calendar changed")

    return _at_desk(options, read, work)


def _show_moved(desk: _Desk, after: OfficeCalendars) -> None:
    found = preview_recompute(desk.session, desk.jurisdiction, after, now=desk.now)
    rows = moved_clocks(desk.session, found)
    moving = sum(row.moved.moves for row in rows)
    late = sum(row.moved.after <= desk.now < row.moved.before for row in rows)
    print(f"{_count_of(len(rows), 'clock')} under way would change: {_count_of(moving, 'date')} would move, "
          f"{late} of them would be late at once.")  # fmt: skip
    zone = after.common.zone
    for row in rows:
        each = row.moved
        fired = f"; fired: {', '.join(each.fired)}" if each.fired else ""
        at_once = f"; due at once: {', '.join(each.at_once)}" if each.at_once else ""
        rungs = f"; {each.rungs} rungs move" if each.rungs and not each.moves else ""
        settled = "; no longer provisional" if each.was_provisional and not each.provisional else ""
        was, will = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in (each.before, each.after))
        print(f"  {row.number}  {row.what} ({row.kind})  {was} -> {will}{settled}{rungs}{fired}{at_once}")


def _count(desk: _Desk, reason: str) -> int:
    done = recount(desk.session, desk.jurisdiction, reason=reason, now=desk.now, actor=desk.actor)
    print(f"Counted anew: {_count_of(len(done.moved), 'clock')}.")
    if done.left:
        print(
            f"Left: {_count_of(done.left, 'clock')}, of cases that somebody worked on at that moment. "
            "Run `chuishao calendar recount` for them.",
            file=sys.stderr,
        )
    return 1 if done.left else 0


def _show(options: argparse.Namespace, read: Read) -> int:
    """Print versions of every year, or the days of one."""

    def work(desk: _Desk) -> int:
        if options.year is None:
            return _show_versions(desk)
        year = changes.held_year(desk.session, desk.jurisdiction, options.year)
        if options.json:
            print(to_file(year))
            return 0
        calendar = changes.calendar_with(year)
        print(f"{year.year}: {year.source}" + (" (provisional)" if year.provisional else ""))
        for day in year.days:
            print(f"  {_day(day)}  {_kind(calendar.reason(day))}")
        return 0

    return _at_desk(options, read, work)


def _show_versions(desk: _Desk) -> int:
    calendar = calendar_for(desk.session, desk.jurisdiction)
    print(f"{desk.jurisdiction}: on duty {written(stored(calendar.duty_hours))} ({calendar.zone})")
    offices = current_calendars(desk.session, desk.jurisdiction).hours
    for unit in desk.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(offices)).order_by(OrgUnit.path)):
        print(f"  {unit.code} ({unit.name}): on duty {written(stored(offices[unit.id]))}")
    holds: set[int] = set()
    for version in changes.versions(desk.session, desk.jurisdiction):
        state = "superseded" if version.year in holds else "provisional" if version.provisional else "holds"
        holds.add(version.year)
        by = f", by {version.author}" if version.author else ""
        said = f"{version.source}: {version.note}" if version.note else version.source
        print(f"{version.year} version {version.number} {state}, {version.created_at:%Y-%m-%d}{by}  {said}")
    if since := recount_since(desk.session, desk.jurisdiction):
        print(f"Clocks still have to be counted anew since {since:%Y-%m-%d %H:%M}: run `chuishao calendar recount`.")
    return 0


def _count_of(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _day(day: date) -> str:
    return f"{day.isoformat()} {_WEEKDAYS[day.weekday()]}"


def _kind(reason: Reason) -> str:
    return _KINDS[reason.kind] + (f" ({reason.name})" if reason.name else "")
