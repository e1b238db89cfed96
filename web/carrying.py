"""Puts together what carries due work: the dispatcher with its channels, and the scheduler that wakes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flask import Flask

from config import Settings
from engine.clock import SystemClock
from engine.db import sessions
from engine.dispatcher import EmbeddedDispatcher, Keeping
from engine.figures import Figures
from engine.notices import Channel
from engine.notices.channels import AppChannel, EmailChannel
from engine.notices.connecting import ConnectedChannels
from engine.scheduler import Scheduler
from web import current, database
from web.retention import rules

_KEY: Final = "chuishao.carrier"


class Carrier:
    """Timers, rungs and notices of one application, carried in threads of this process.

    Args:
        app: whose database, runtime and clock are used.
    """

    def __init__(self, app: Flask) -> None:
        with app.app_context():
            settings, vault = current.settings(), current.vault()
            self.dispatcher = EmbeddedDispatcher(
                sessions=sessions(database.db.engine),
                runtime=current.runtime(),
                channels=ConnectedChannels(
                    sessions(database.db.engine), vault, channels(settings), clock=current.clock()
                ),
                clock=current.clock(),
                unseal=vault.open_address,
                keeping=Keeping(jurisdictions=[settings.jurisdiction], rules=rules(settings, current.blobs())),
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
