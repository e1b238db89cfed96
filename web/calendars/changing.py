"""Reads from a form what somebody wants to change in a calendar, and works out what that does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

from flask import request
from flask_babel import gettext

from engine.audit import Tag
from engine.cases.moved import MovedClock, moved_clocks
from engine.deadlines import changes
from engine.deadlines.calendars import calendar_for
from engine.deadlines.changes import ChangedDay
from engine.deadlines.duty import OfficeCalendars, read_hours, stored, written
from engine.deadlines.notice_file import read_notice
from engine.deadlines.recounting import current_calendars, preview_recompute
from engine.deadlines.years import Year
from engine.errors import Invalid
from engine.organisation.models import OrgUnit
from engine.organisation.service import unit_by_code
from web import current
from web.languages import choose_locale

#: what the page asks again when it is confirmed
_KEPT: Final = ("what", "name", "content", "year", "day", "state", "title", "unit", "hours", "reason")


@dataclass(frozen=True, kw_only=True)
class Change:
    """What somebody wants.

    Args:
        title: says it in a line.
        after: the calendars as they would be.
        year: of holidays, where it is about one; its `days` are those that become others.
        store: makes the change.
        reason: kept with every clock that is counted anew.
    """

    title: str
    after: OfficeCalendars
    store: Callable[[], Any]
    reason: str
    year: Year | None = None
    days: Sequence[ChangedDay] = ()
    hours: tuple[str, str] | None = None


def kept_fields() -> dict[str, str]:
    """Return what was asked, for the confirming form: a file with its text."""
    kept = {name: request.form[name] for name in _KEPT if request.form.get(name)}
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        upload.stream.seek(0)
        kept |= {"content": upload.stream.read().decode("utf-8-sig", errors="replace"), "name": upload.filename}
    return kept


def wanted_change() -> Change:
    """Return what the form asks for.

    Raises:
        Invalid: it cannot be used; the message says why.
        Conflict: it is so already.
    """
    what = request.form.get("what", "")
    if what == "hours":
        return _hours()
    if what == "day":
        return _day()
    if what == "library":
        return _year(changes.library_year(_number("year")), Tag.CALENDAR_IMPORTED, request.form.get("reason", ""))
    return _year(_file(), Tag.CALENDAR_IMPORTED, request.form.get("reason", ""))


def seen() -> str:
    """Return a mark of what holds now: a preview is of this and nothing else."""
    session, jurisdiction = current.session(), current.settings().jurisdiction
    calendars = current_calendars(session, jurisdiction)
    held = (calendars.common.versions, calendars.common.duty_hours, sorted(calendars.hours.items()))
    return sha256(repr(held).encode()).hexdigest()[:16]


def moved_by(after: OfficeCalendars) -> list[MovedClock]:
    """Return the clocks that a change moves, as far as the reader may know of them."""
    session = current.session()
    found = preview_recompute(session, current.settings().jurisdiction, after, now=current.now())
    return moved_clocks(session, found, viewer=current.viewer(), locale=choose_locale())


def _number(field: str) -> int:
    text = request.form.get(field, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0


def _file() -> Year:
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return read_notice(upload.stream.read(), upload.filename)
    if not request.form.get("content"):
        raise Invalid("calendar-no-file", "Choose the file of the notice first.")
    return read_notice(request.form["content"].encode(), request.form.get("name", "notice.json"))


def _day() -> Change:
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError as error:
        raise Invalid("calendar-day-missing", "Choose the day first.") from error
    reason = changes.check_reason(request.form.get("reason", ""))
    held = changes.held_year(current.session(), current.settings().jurisdiction, day.year)
    working = request.form.get("state") == "working"
    year = changes.with_day(held, day, working=working, name=request.form.get("title", "").strip())
    return _year(year, Tag.CALENDAR_DAY_SET, f"{day.isoformat()}: {reason}")


def _year(year: Year, tag: Tag, note: str) -> Change:
    session, jurisdiction = current.session(), current.settings().jurisdiction

    def store() -> None:
        changes.store_year(session, jurisdiction, year, note=note, actor=current.actor(), now=current.now(), tag=tag)

    return Change(
        title=gettext("%(year)s年：%(source)s", year=year.year, source=year.source),
        after=changes.calendars_with_year(session, jurisdiction, year),
        store=store,
        reason=note.strip() or year.source,
        year=year,
        days=changes.changed_days(calendar_for(session, jurisdiction), year),
    )  # fmt: skip


def _hours() -> Change:
    session, jurisdiction = current.session(), current.settings().jurisdiction
    text, code = request.form.get("hours", "").strip(), request.form.get("unit", "")
    unit: OrgUnit | None = unit_by_code(session, jurisdiction, code) if code else None
    hours = read_hours(text) if text or unit is None else None
    reason = changes.check_reason(request.form.get("reason", ""))
    unit_id = unit.id if unit else None
    before = current_calendars(session, jurisdiction)
    after = before.with_hours(unit_id, hours)
    was, will = (written(stored(each.of(unit_id).duty_hours)) for each in (before, after))

    def store() -> None:
        changes.set_hours(
            session, jurisdiction, unit_id, hours, reason=reason, actor=current.actor(), now=current.now()
        )

    name = unit.name if unit else gettext("全辖区")
    return Change(
        title=gettext("%(unit)s的工作时间", unit=name), after=after, store=store, reason=reason, hours=(was, will)
    )
