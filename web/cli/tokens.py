"""Commands about the tokens by which programs use the API."""

import argparse
import sys
from datetime import datetime, timedelta
from uuid import UUID

from engine.audit import Actor
from engine.clock import CHINA, SystemClock
from engine.organisation.accounts import staff_by_login
from web.api.tokens import Issued, issue_token, list_tokens, revoke_token
from web.cli.people import open_session
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `token`."""
    token = commands.add_parser("token", help="tokens of programs").add_subparsers(dest="action", required=True)
    add = token.add_parser("add", help="make a token that may do what somebody may; it is printed once")
    add.add_argument("login", help="whom the program acts as")
    add.add_argument("--name", required=True, help="what it is for, for whoever revokes it")
    add.add_argument("--days", type=_days, help="how long it is in force; without, until it is revoked")
    add.set_defaults(run=_add)
    token.add_parser("list", help="every token, newest first, and its state").set_defaults(run=_list)
    revoke = token.add_parser("revoke", help="take a token out of force")
    revoke.add_argument("id", type=_id, help="as `chuishao token list` shows it")
    revoke.set_defaults(run=_revoke)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of days from 1 to 3650")
    return int(text)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no id of a token") from error


def _add(options: argparse.Namespace, read: Read) -> int:
    """Print the token alone on standard output, so that a script can take it."""
    settings = read()
    with open_session(settings) as session:
        staff = staff_by_login(session, options.login)
        token = issue_token(
            session,
            staff,
            name=options.name,
            actor=Actor.api("command line"),
            jurisdiction=settings.jurisdiction,
            now=SystemClock().now(),
            lifetime=timedelta(days=options.days) if options.days else None,
        )
        print(token)
        print(f"It acts as {staff.login} ({staff.name}) and is not shown again.", file=sys.stderr)
    return 0


def _list(_options: argparse.Namespace, read: Read) -> int:
    now = SystemClock().now()
    with open_session(read()) as session:
        for each in list_tokens(session):
            print(f"{each.token.id}  {each.login:16} {_state(each, now):22} {each.token.name}")
    return 0


def _state(each: Issued, now: datetime) -> str:
    token = each.token
    if token.revoked_at is not None:
        return f"revoked {token.revoked_at.astimezone(CHINA):%Y-%m-%d}"
    if not each.active:
        return "account closed"
    if token.expires_at is None:
        return "in force"
    word = "in force until" if token.expires_at > now else "expired"
    return f"{word} {token.expires_at.astimezone(CHINA):%Y-%m-%d}"


def _revoke(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    with open_session(settings) as session:
        actor, now = Actor.api("command line"), SystemClock().now()
        revoked = revoke_token(session, options.id, actor=actor, jurisdiction=settings.jurisdiction, now=now)
        print(f"“{revoked.name}” is out of force.")
    return 0
