"""Commands about the tokens by which programs use the API."""

import argparse
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from engine.audit import Actor
from engine.clock import SystemClock
from engine.errors import NotFound
from engine.organisation.accounts import staff_by_login
from engine.organisation.models import Staff
from web.api.models import ApiToken
from web.api.tokens import issue_token, revoke_token
from web.cli.people import open_session
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `token`."""
    token = commands.add_parser("token", help="tokens of programs").add_subparsers(dest="action", required=True)
    issue = token.add_parser("issue", help="make a token that acts as somebody, and print it once")
    issue.add_argument("login")
    issue.add_argument("--name", required=True, help="what it is for, for whoever revokes it")
    issue.add_argument("--days", type=int, help="how long it is good for; without it, until it is revoked")
    issue.set_defaults(run=_issue)
    token.add_parser("list", help="tokens in force").set_defaults(run=_list)
    revoke = token.add_parser("revoke", help="take a token out of force")
    revoke.add_argument("id")
    revoke.set_defaults(run=_revoke)


def _issue(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    with open_session(settings) as session:
        print(
            issue_token(
                session,
                staff_by_login(session, options.login),
                name=options.name,
                actor=Actor.api("command line"),
                jurisdiction=settings.jurisdiction,
                now=SystemClock().now(),
                lifetime=timedelta(days=options.days) if options.days else None,
            )
        )
    return 0


def _list(_options: argparse.Namespace, read: Read) -> int:
    """Print id, login, end and purpose of each token; the tokens themselves are nowhere."""
    with open_session(read()) as session:
        found = select(ApiToken, Staff.login).join(Staff, Staff.id == ApiToken.staff_id)
        for token, login in session.execute(found.where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.created_at)):
            until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until it is revoked"
            print(f"{token.id}  {login:16} {until:20} {token.name}")
    return 0


def _revoke(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    try:
        token_id = UUID(options.id)
    except ValueError as error:
        raise NotFound("token-unknown", "There is no token {token}.", token=options.id) from error
    with open_session(settings) as session:
        revoke_token(
            session,
            token_id,
            actor=Actor.api("command line"),
            jurisdiction=settings.jurisdiction,
            now=SystemClock().now(),
        )
    print("It is out of force.")
    return 0
