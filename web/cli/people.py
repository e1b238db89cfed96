"""Commands about accounts and the audit log."""

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

import engine.tables  # noqa: F401  all models, so that they know each other
from config import Settings
from engine.audit import Actor, AuditEvent, seals
from engine.audit.seals import Broken
from engine.cases.models import Case
from engine.clock import SystemClock
from engine.db import connect, sessions, writing
from engine.organisation.accounts import add_staff, set_password, staff_by_login
from engine.organisation.service import unit_by_code
from web.auth.sessions import end_all_sessions
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `staff` and `audit`."""
    staff = commands.add_parser("staff", help="accounts").add_subparsers(dest="action", required=True)
    add = staff.add_parser("add", help="add somebody; the password is asked for, or read from standard input")
    add.add_argument("login")
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, help="grid_worker, street_centre, handler, operator, …")
    add.add_argument("--unit", required=True, help="code of the unit")
    add.add_argument("--email")
    add.set_defaults(run=_add)
    change = staff.add_parser("passwd", help="give somebody a new password and sign them out everywhere")
    change.add_argument("login")
    change.set_defaults(run=_passwd)

    audit = commands.add_parser("audit", help="the audit log").add_subparsers(dest="action", required=True)
    audit.add_parser("verify", help="walk the hash chain; exit 1 where it does not hold").set_defaults(run=_verify)


@contextmanager
def open_session(settings: Settings) -> Iterator[Session]:
    """Open a session for one command."""
    engine = connect(settings.database_url, hide_parameters=True)
    try:
        with sessions(engine)() as session:
            yield session
    finally:
        engine.dispose()


def _operator() -> Actor:
    """Return who acts at the machine itself, where nobody signs in."""
    return Actor.api("command line")


def _add(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    with open_session(settings) as session:
        unit = unit_by_code(session, settings.jurisdiction, options.unit)
        staff = add_staff(
            session, login=options.login, name=options.name, email=options.email, password=_password(),
            role=options.role, unit=unit, actor=_operator(), now=SystemClock().now(),
        )  # fmt: skip
        print(f"Added {staff.login} ({staff.name}), {options.role} of {unit.name}.")
    return 0


def _passwd(options: argparse.Namespace, read: Read) -> int:
    settings, now = read(), SystemClock().now()
    with open_session(settings) as session:
        staff = staff_by_login(session, options.login)
        password = _password()
        with writing(session):
            set_password(session, staff, password, jurisdiction=settings.jurisdiction, actor=_operator(), now=now)
            end_all_sessions(session, staff.id)
        print(f"{staff.login} has a new password and is signed out everywhere.")
    return 0


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")


def _verify(_options: argparse.Namespace, read: Read) -> int:
    with open_session(read()) as session:
        broken = seals.verify(session)
        for place in broken:
            print(where(session, place))
        if not broken:
            for head in seals.heads(session):
                print(f"{head.jurisdiction}: {head.number} events, last seal {head.seal}")
            print("The audit log holds.")
    return 1 if broken else 0


def where(session: Session, place: Broken) -> str:
    """Return one line that names the row at which the audit log does not hold, as far as it can be found."""
    parts = [f"number {place.number}"] if place.number else []
    event = session.get(AuditEvent, place.event_id, populate_existing=True) if place.event_id else None
    case = session.get(Case, place.case_id) if place.case_id else None
    if event is not None:
        parts.append(f"event {event.id} ({event.tag} of {event.at:%Y-%m-%d %H:%M:%S} UTC)")
    if place.case_id:
        parts.append(f"case {case.number if case else place.case_id}" + (f", its event {event.seq}" if event else ""))
    return f"{place.jurisdiction}: {place.what}: {', '.join(parts)}"
