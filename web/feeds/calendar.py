"""Due dates as a calendar that any calendar program reads.

Source: RFC 5545 (the status of an event: section 3.8.1.11); RFC 7986 sections 5.1, 5.7.
"""

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Final

from flask_babel import gettext
from icalendar import Calendar, Event

from engine.cases.due_dates import DueDate
from web.words import one_line

PRODUCT: Final = "-//Chuishao//Due dates//ZH"
#: How often a program is asked to look again.
_REFRESH: Final = timedelta(hours=1)


def write_calendar(dates: Iterable[DueDate], *, site: str) -> bytes:
    """Return a calendar with one event for each due date. The same dates are the same bytes.

    Args:
        site: how the application is reached from outside, `https://…`; events link to the task, which asks to sign in.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", gettext("我的办理期限"))
    calendar.add("x-wr-calname", gettext("我的办理期限"))
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for date in dates:
        calendar.add_component(_event(date, site))
    return bytes(calendar.to_ical())


def _event(date: DueDate, site: str) -> Event:
    event = Event()
    # the clock's own id: an extension moves the event, it does not add one
    event.add("uid", f"{date.clock_id}@chuishao")
    event.add("dtstamp", date.changed_at.astimezone(UTC))
    event.add("last-modified", date.changed_at.astimezone(UTC))
    event.add("sequence", date.moves)
    event.add("dtstart", date.due_at.astimezone(UTC))
    event.add("duration", timedelta(0))
    named = gettext("办理期限") if date.number is None else f"{date.number} {one_line(date.step or '')}".strip()
    event.add("summary", f"{named}（{gettext('暂定')}）" if date.provisional else named)
    event.add("status", "TENTATIVE" if date.provisional else "CONFIRMED")
    event.add("url", f"{site}/tasks/{date.item_id}")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event
