"""What a way to an addressee is, and how it says that it failed."""

import ssl
from dataclasses import dataclass, field
from typing import Protocol

from engine.errors import EngineError


class TemporaryFailure(EngineError):
    """It was not sent now; the same notice may be accepted later."""


class ChannelDown(TemporaryFailure):
    """Nothing at all can be sent by this channel now."""


class PermanentFailure(EngineError):
    """It will never be accepted as it is."""


class AddressRefused(PermanentFailure):
    """Nobody is reached at this address, whatever is sent there."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A notice on its way: a copy that no session tracks.

    Args:
        key: stable through every attempt.
        address: for the channel, readable.
    """

    key: str
    channel: str
    address: str = field(repr=False)
    subject: str
    body: str
    link: str


class Channel(Protocol):
    """Hands one notice over, or says why not."""

    def send(self, notice: Outgoing) -> None:
        """Return when the notice is accepted.

        Raises:
            TemporaryFailure: it may be accepted later.
            PermanentFailure: it never will.
        """


def silence(error: BaseException) -> str:
    """Return why nobody answered: `refused`, `late`, `certificate`, or `other`, which only its own message says."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    return "late" if isinstance(error, TimeoutError) else "other"


class AppChannel:
    """The application itself: a notice is delivered by being there."""

    def send(self, notice: Outgoing) -> None:
        """Accept anything."""
