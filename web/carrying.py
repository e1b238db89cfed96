"""Puts together what carries due work: the dispatcher with its channels, and the scheduler that wakes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from flask import Flask

from config import Settings
from engine.clock import SystemClock
from engine.db import sessions
from engine.dispatcher import EmbeddedDispatcher, Keeping
from engine.figures import Figures
from engine.notices import Channel
from engine.notices.channels import AppChannel, EmailChannel
from engine.notices.connecting import ConnectedChannels
from engine.queueing.dispatcher import SharingDispatcher
from engine.scheduler import Scheduler
from web import current, database
from web.retention import rules

if TYPE_CHECKING:
    from engine.queueing.worker import Worker

_KEY: Final = "chuishao.carrier"


class Carrier:
    """Timers, rungs and notices of one application, carried in threads of this process.

    Args:
        app: whose database, runtime and clock are used.
    """

    def __init__(self, app: Flask) -> None:
        with app.app_context():
            settings = current.settings()
            # with PostgreSQL others may share the work, with SQLite nobody can
            shared = database.db.engine.dialect.name == "postgresql"
            self.dispatcher = (SharingDispatcher if shared else EmbeddedDispatcher)(
                keeping=Keeping(jurisdictions=[settings.jurisdiction], rules=rules(settings, current.blobs())),
                **_tools(),
            )
            self.scheduler = Scheduler(self.dispatcher, sessions=sessions(database.db.engine))
        app.extensions[_KEY] = self

    @property
    def ticks(self) -> bool:
        """Whether the scheduler has ticked within the last minute."""
        return self.scheduler.is_alive(SystemClock().now())

    def stop(self) -> None:
        """Finish what is under way, begin nothing new, and sign off."""
        self.dispatcher.halt()  # or a tick that has very much to do would do all of it first
        self.scheduler.stop()
        self.dispatcher.stop()

    def figures(self) -> Figures:
        """Return how far behind things are."""
        return self.dispatcher.figures()


def worker_of(app: Flask, *, concurrency: int, queues: Sequence[str]) -> "Worker":
    """Return what takes work out of the queue of `app`'s database; it does not work yet."""
    from engine.queueing.hands import Hands
    from engine.queueing.worker import Worker

    with app.app_context():
        return Worker(database.db.engine.url, Hands(**_tools()), concurrency=concurrency, queues=queues)


def _tools() -> dict[str, Any]:
    """Return what due work is done with, in an application's context."""
    made, vault, clock = sessions(database.db.engine), current.vault(), current.clock()
    ways = ConnectedChannels(made, vault, channels(current.settings()), clock=clock)
    return {
        "sessions": made, "runtime": current.runtime(), "channels": ways, "clock": clock, "unseal": vault.open_address,
    }  # fmt: skip


def channels(settings: Settings) -> dict[str, Channel]:
    """Return the ways of the settings by which notices leave; without a mail server, mails wait in the outbox."""
    found: dict[str, Channel] = {"app": AppChannel()}
    if settings.smtp_url:
        found["email"] = EmailChannel(url=settings.smtp_url, sender=settings.mail_from)
    return found


def carrier_of(app: Flask) -> Carrier | None:
    """Return what carries due work of `app` in this process; None when another process does."""
    found = app.extensions.get(_KEY)
    return found if isinstance(found, Carrier) else None


@contextmanager
def carried(app: Flask) -> Iterator[Carrier]:
    """Carry due work while the block runs; what is under way at its end is finished."""
    carrier = Carrier(app)
    carrier.scheduler.start()
    try:
        yield carrier
    finally:
        carrier.stop()
