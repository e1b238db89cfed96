"""By which channels one notice goes to one reader, and when. Pure: no database, no clock.

What presses is not held back: a rung whose ladder calls it urgent, and where that says nothing, one from L2 on, goes
out at once, by e-mail even to who has switched it off. Below that a reader's night is quiet, and what no rung caused
can wait for the daily mail. What a resident is told goes out at once by e-mail, which wakes nobody; a telephone is
left in peace at night.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final

from engine.notices.preferences import Wish

#: Nobody's telephone rings in these hours for what can wait until morning.
RESIDENTS_NIGHT: Final = Wish(quiet=(time(21), time(8)))
#: Rungs from here on are escalations: somebody above is told that a date has passed.
_ESCALATED: Final = 2
_RUNG: Final = re.compile(r"L(\d{1,2})")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One notice on one channel.

    Args:
        at: when it is sent, or gathered.
        held: it goes out with the daily mail.
        fallback: channels with addresses that take its place where its own address is unusable.
        spoilt: its address is known to be unusable, and there is no other: it is not sent, and shows.
    """

    channel: str
    address: str = field(repr=False)
    at: datetime
    held: bool = False
    fallback: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    spoilt: bool = False


def presses(rung: str | None, least: int = _ESCALATED) -> bool:
    """Say whether a notice is an escalation, from rung L2 on."""
    found = _RUNG.fullmatch(rung or "")
    return found is not None and int(found[1]) >= least


def staff_routes(
    channels: Mapping[str, str], wish: Wish, *, rung: str | None, now: datetime, usable: Collection[str], sms: bool,
    urgent: bool | None = None,
) -> Iterator[Route]:  # fmt: skip
    """Yield how a member of staff is told.

    Args:
        channels: address by channel; `app` needs none.
        rung: which rung caused it, None for another cause.
        usable: channels whose address is not known to be unusable.
        sms: short messages can be sent at all.
        urgent: whether it breaks quiet hours; None: as its rung says.
    """
    if "app" in channels:
        yield Route(channel="app", address="", at=now)
    at_once = presses(rung) if urgent is None else urgent
    outside = {name: address for name, address in channels.items() if name != "app" and address}
    if not sms:
        outside.pop("sms", None)
    wanted = [name for name in outside if _wants(wish, name, at_once)]
    spare = [name for name in outside if name not in wanted and name in usable]
    good = [name for name in wanted if name in usable]
    if wanted and not good:
        good, spare = spare[:1], spare[1:]
    digest = None if rung or at_once else wish.next_digest(now)
    for name in good:
        if digest is not None and name == "email":
            yield Route(channel=name, address=outside[name], at=digest, held=True)
        elif digest is None or "email" not in good:
            at = now if at_once else wish.after_quiet(now)
            rest = tuple((each, outside[each]) for each in spare)
            yield Route(channel=name, address=outside[name], at=at, fallback=rest)


def _wants(wish: Wish, channel: str, at_once: bool) -> bool:
    if channel == "email":
        return wish.email or at_once
    return wish.sms if channel == "sms" else True


def resident_routes(
    channels: Mapping[str, str], *, now: datetime, usable: Collection[str], sms: bool
) -> Iterator[Route]:
    """Yield how a resident is told: by the first of their channels that is usable.

    Args:
        channels: address by channel, the one that they chose first.
    """
    known = [(name, address) for name, address in channels.items() if address and (name != "sms" or sms)]
    good = [(name, address) for name, address in known if name in usable]
    if good:
        (name, address), *rest = good
        at = RESIDENTS_NIGHT.after_quiet(now) if name == "sms" else now
        yield Route(channel=name, address=address, at=at, fallback=tuple(rest))
    elif known:
        name, address = known[0]
        yield Route(channel=name, address=address, at=now, spoilt=True)
