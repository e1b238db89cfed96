"""Commands about how long things are kept."""

import argparse
import getpass

import engine.tables  # noqa: F401  all models, so that they know each other
from engine.cases.blobs import BlobStore
from engine.clock import SystemClock
from engine.retention import periods, set_period
from web.cli.people import open_session
from web.cli.reading import Commands, Read
from web.retention import rules


def add_commands(commands: Commands) -> None:
    """Add `retention`."""
    keeping = commands.add_parser("retention", help="how long what is no record is kept")
    actions = keeping.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="print every rule with its period").set_defaults(run=_list)
    change = actions.add_parser("set", help="set the period of a rule for the jurisdiction")
    change.add_argument("rule")
    change.add_argument("days", type=int)
    change.set_defaults(run=_set)


def _list(_options: argparse.Namespace, read: Read) -> int:
    settings = read()
    known = rules(settings, BlobStore(settings.blob_dir))
    with open_session(settings) as session:
        days = periods(session, settings.jurisdiction, known)
    for rule in known:
        proposed = "" if days[rule.key] == rule.days else f" (proposed: {rule.days})"
        print(f"{rule.key:<22} {days[rule.key]:>5} days{proposed}  {rule.about}")
    return 0


def _set(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    known = rules(settings, BlobStore(settings.blob_dir))
    with open_session(settings) as session:
        set_period(
            session, settings.jurisdiction, options.rule, options.days, by=getpass.getuser(),
            now=SystemClock().now(), rules=known,
        )  # fmt: skip
    print(f"{options.rule} is kept for {options.days} days from now on.")
    return 0
