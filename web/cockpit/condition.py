"""How the engine is, as figures with words: is it ticking, how far behind is it, what waits for a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Flask, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from engine.cases.incidents import open_count
from engine.clock import SystemClock
from engine.heartbeats import heartbeats
from engine.instances.health import measure
from engine.organisation.policy import Viewer
from web import current
from web.carrying import carrier_of
from web.presentation.times import span

#: a tick looks every few seconds; more than these is not normal, and too much
_LAG: Final = (timedelta(minutes=2), timedelta(minutes=15))
#: a mail server that is down is tried again for two days
_OUTBOX: Final = (timedelta(minutes=15), timedelta(hours=4))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of the strip.

    Args:
        tone: `good`, `warn`, `bad` or `plain`; chooses colour and icon.
        value: what stands large.
        words: what it is.
        note: what it means where it is not good, and what to do.
    """

    tone: str
    value: str
    words: str
    note: str = ""
    href: str | None = None


def condition(app: Flask, session: Session, viewer: Viewer, now: datetime) -> list[Figure]:
    """Return the figures of the strip, for the viewer's jurisdiction where they have one."""
    health = measure(session, now)
    waiting = open_count(session, viewer)
    return [
        _ticks(app),
        Figure(
            tone=_tone(health.due_lag, _LAG),
            value=span(health.due_lag) if health.due_lag else gettext("无"),
            words=gettext("到期未处理的最久"),
            note=gettext("到期的定时和提醒没有处理。请检查调度进程。") if health.due_lag > _LAG[0] else "",
        ),
        Figure(
            tone=_tone(health.outbox_age, _OUTBOX),
            value=str(health.outbox),
            words=gettext("待发送的通知"),
            note=gettext("最早的已等 %(span)s", span=span(health.outbox_age)) if health.outbox else "",
        ),
        Figure(
            tone="bad" if health.dead else "good",
            value=str(health.dead),
            words=gettext("停止发送的通知"),
            href=url_for("cockpit.notices"),
        ),
        Figure(
            tone="bad" if waiting else "good",
            value=str(waiting),
            words=ngettext("待处理的异常", "待处理的异常", waiting),
            href=url_for("cockpit.incidents"),
        ),
    ]


def _ticks(app: Flask) -> Figure:
    words, carrier = gettext("调度心跳"), carrier_of(app)
    if carrier is None:
        return _elsewhere(words)
    beat = carrier.scheduler.heartbeat
    if beat is None:
        return Figure(tone="warn", value=gettext("还没有"), words=words, note=gettext("刚启动，请过一分钟再看。"))
    since = SystemClock().now() - beat
    ago = gettext("%(span)s前", span=span(since)) if since >= timedelta(minutes=1) else gettext("刚刚")
    note = "" if carrier.ticks else gettext("调度停了。请重新启动本进程；到期的事都在，启动后会补上。")
    return Figure(tone="good" if carrier.ticks else "bad", value=ago, words=words, note=note)


def _elsewhere(words: str) -> Figure:
    """How the schedulers of other processes do, by their rows."""
    alive = [each for each in heartbeats(current.session()) if each.is_alive]
    if not alive:
        note = gettext("没有调度在运行。请启动 chuishao scheduler；到期的事都在，启动后会补上。")
        return Figure(tone="bad", value=gettext("没有在运行"), words=words, note=note)
    note = gettext("由另一进程承担：%(names)s", names=", ".join(each.name for each in alive))
    return Figure(tone="good", value=gettext("刚刚"), words=words, note=note)


def _tone(behind: timedelta, bounds: tuple[timedelta, timedelta]) -> str:
    return "good" if behind <= bounds[0] else "warn" if behind <= bounds[1] else "bad"
