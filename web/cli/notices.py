"""Commands about notices: a mail that came back is handed in by the mail server, on standard input."""

import argparse
import sys

from sqlalchemy.exc import OperationalError

import engine.tables  # noqa: F401  all models, so that they know each other
from engine.cases.vault import Vault
from engine.clock import SystemClock
from engine.notices.bounces import MOST_READ, Outcome, read_bounce, take_bounce
from web.cli.people import open_session
from web.cli.reading import Commands, Read

#: What a mail server takes as: try again later. Source: sysexits.h, EX_TEMPFAIL.
_LATER = 75
_SAID = {
    Outcome.NO_BOUNCE: "This reports no failure. Nothing was changed.",
    Outcome.UNKNOWN: "This is about no notice that was sent. Nothing was changed.",
    Outcome.REPLACED: "The address is marked as unusable; the notice goes another way.",
    Outcome.DEAD: "The notice is given up, and listed for operators.",
}


def add_commands(commands: Commands) -> None:
    """Add `bounced`."""
    back = commands.add_parser("bounced", help="take in a mail that came back, from standard input")
    back.set_defaults(run=_bounced)


def _bounced(_options: argparse.Namespace, read: Read) -> int:
    """Read a report. What is none is accepted, too: refused, the mail server would write to its sender."""
    settings = read()
    bounce = read_bounce(sys.stdin.buffer.read(MOST_READ))
    outcome = Outcome.NO_BOUNCE
    if bounce is not None:
        unseal = Vault(settings.field_key).open_address
        try:
            with open_session(settings) as session:
                outcome = take_bounce(session, bounce, unseal=unseal, now=SystemClock().now())
        except OperationalError:
            print("chuishao: the database is away. Try again later.", file=sys.stderr)
            return _LATER
    print(_SAID[outcome])
    return 0
