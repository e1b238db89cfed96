"""The command that holds a package against recorded cases before it is deployed."""

import argparse
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.clock import SystemClock
from engine.definitions import Package
from engine.definitions.drafts import draft_package, open_drafts
from engine.errors import Invalid, NotFound
from engine.sandbox.rehearsing import Report, Verdict, rehearse_package
from web.cli.people import open_session
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `replay`."""
    replay = commands.add_parser(
        "replay", help="hold a package against the cases of the last days: where would they wait, what gets stuck"
    )
    replay.add_argument("key", help="of the process, such as petition")
    source = replay.add_mutually_exclusive_group(required=True)
    source.add_argument("--draft", nargs="?", const="", metavar="ID", help="a draft; by default the one saved last")
    source.add_argument("--package", type=Path, metavar="DIR", help="the folder of a package")
    replay.add_argument("--days", type=int, default=30, help="cases that began since so many days (30)")
    replay.add_argument("--cases", type=int, default=50, help="at most so many (50)")
    replay.add_argument("--seconds", type=float, default=60.0, help="stop after so long (60)")
    replay.add_argument("--after", type=UUID, metavar="ID", help="go on behind the batch that named it")
    replay.add_argument("--json", action="store_true")
    replay.set_defaults(run=_replay)


def _replay(options: argparse.Namespace, read: Read) -> int:
    """Exit 0 when nothing gets stuck, 1 when something would."""
    settings = read()
    with open_session(settings) as session:
        package = _package(session, options)
        if package.manifest["key"] != options.key:
            raise Invalid("replay-other-process", "The package is of another process: {process}.",
                          process=package.manifest["key"])  # fmt: skip
        report = rehearse_package(
            session, package, jurisdiction=settings.jurisdiction, days=options.days, now=SystemClock().now(),
            cases=options.cases, seconds=options.seconds, after=options.after,
        )  # fmt: skip
    if options.json:
        print(json.dumps(_said(report), ensure_ascii=False, indent=1))
    else:
        _print(report)
    return 1 if report.counts["stuck"] else 0


def _package(session: Session, options: argparse.Namespace) -> Package:
    if options.package is not None:
        return Package.read_directory(options.package)
    if options.draft:
        try:
            return draft_package(session, UUID(options.draft))
        except ValueError:
            raise NotFound("draft-unknown", "There is no draft {draft}.", draft=options.draft) from None
    drafts = open_drafts(session, options.key)
    if not drafts:
        raise NotFound("draft-none", "The process {process} has no open draft. Name --package.", process=options.key)
    return draft_package(session, drafts[0].id)


def _said(report: Report) -> dict[str, Any]:
    return {
        "counts": report.counts, "after": str(report.next_after) if report.next_after else None,
        "seconds": round(report.seconds, 2), "cases": [_case(each) for each in report.verdicts],
    }  # fmt: skip


def _case(verdict: Verdict) -> dict[str, Any]:
    return {
        "case": str(verdict.case_id), "number": verdict.number, "same": verdict.same, "faithful": verdict.faithful,
        "state": {"was": verdict.state_was, "now": verdict.state_now},
        "waits": {"was": list(verdict.waits_was), "now": list(verdict.waits_now)},
        "clocks": [
            {"name": each.name, "was": each.was.isoformat(), "now": each.now.isoformat()} for each in verdict.clocks
        ],
        "problems": [
            {"code": each.code, "element": each.element_id, "sentence": str(each.sentence)}
            for each in verdict.problems
        ],
    }  # fmt: skip


def _print(report: Report) -> None:
    for verdict in report.verdicts:
        if verdict.same:
            continue
        print(f"{verdict.number}" + ("" if verdict.faithful else "  (not all of it is known)"))
        if verdict.moves:
            print(f"    waits at {', '.join(verdict.waits_now) or verdict.state_now}, "
                  f"now {', '.join(verdict.waits_was) or verdict.state_was}")  # fmt: skip
        for clock in verdict.clocks:
            print(f"    {clock.name}: {clock.was:%Y-%m-%d %H:%M} becomes {clock.now:%Y-%m-%d %H:%M} UTC")
        for problem in verdict.problems:
            print(f"    ! {problem.sentence} [{problem.code}]")
    counts = report.counts
    print(
        f"{counts['cases']} cases in {report.seconds:.0f} s: {counts['same']} the same, {counts['moved']} would wait "
        f"elsewhere, {counts['clocks']} with other dates, {counts['stuck']} stuck."
    )
    if report.next_after:
        print(f"There are more: go on with --after {report.next_after}")
