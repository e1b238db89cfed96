"""Commands about the search over matters."""

import argparse
import sys

from engine.cases.indexing import reindex
from engine.cases.vault import Vault
from web.cli.people import open_session
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `search`."""
    search = commands.add_parser("search", help="the search over matters").add_subparsers(dest="action", required=True)
    again = search.add_parser("reindex", help="write the index anew, for matters filed before there was one")
    again.set_defaults(run=_reindex)


def _reindex(_options: argparse.Namespace, read: Read) -> int:
    """Index every matter; pages go on working meanwhile."""
    settings = read()
    done = 0
    with open_session(settings) as session:
        for done in reindex(session, Vault(settings.field_key)):
            print(f"{done} …", file=sys.stderr)
    print(f"{done} matters indexed; sealed ones are left out.")
    return 0
