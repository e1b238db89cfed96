"""Figures with a limit each: a petition's state half way, a start, a task by HTTP, the memory of a worker."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from config import Settings
from engine.clock import ShiftedClock, SystemClock
from engine.db import sessions as session_factory
from engine.db import writing
from engine.instances.models import Instance
from engine.instances.runtime import Runtime
from engine.organisation.models import Staff
from engine.organisation.passwords import hash_password
from tests.bench import work
from tests.bench.bare import bare_start
from tests.bench.work import NOW, TEXT, Meter, Place
from tests.bpmn.petition.test_on_database import Town
from tests.factories import District, make_case
from tests.web.browsing import PASSWORD, sign_in, token_of
from web import create_app
from web.database import db
from web.logs import configure_logs

#: What is promised: bytes of the state; times stock; times the engine's call; mebibytes after the first 10,000.
STATE, START, REQUEST, GROWTH = 3072, 2.0, 3.0, 8.0
#: How many starts, or tasks, one turn has: enough for a turn to have its share of what a database does now and then.
A_TURN: Final = 5
#: From here on the memory of a worker must stand.
SETTLED: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one turn measured, both ways side by side: a machine that others use is slower in the next second.

    Args:
        unit, ours: milliseconds of CPU each, of what a limit is a multiple of and of what has the limit.
        bare: of a bare transaction that writes the same rows, where it was measured.
    """

    unit: float
    ours: float
    bare: float = 0.0

    @property
    def times(self) -> float:
        """How much ours costs in multiples of the unit."""
        return self.ours / self.unit


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured on one database. Ratios are formed within a turn, and their median counts.

    Args:
        state: bytes of the state of a petition that a department handles, the largest on the way there.
        starts: until the first task is there, stock in memory and durably.
        requests: to complete a task, by the engine and by HTTP (form post, checks, the engine's call, redirect), in
            this process.
    """

    state: int
    starts: list[Turn]
    requests: list[Turn]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Resident memory of a worker in mebibytes, after so many completions."""

    completions: list[int]
    resident: list[float]

    @property
    def growth(self) -> float:
        """Mebibytes between the first 10,000 completions, or the first mark when there are fewer, and the end."""
        settled = next((at for at, count in enumerate(self.completions) if count >= SETTLED), 0)
        return max(self.resident[settled:]) - self.resident[settled]


def measure(engine: Engine, pids: list[int], runs: int) -> Figures:
    """Measure on a database that is empty but for its tables.

    Args:
        pids: processes of the database that serve `engine`.
        runs: how many turns of starts and of completions count.
    """
    sessions = session_factory(engine)
    place = Place(engine, sessions, lambda: pids)
    with sessions() as session:
        state = _half_way(session, place.district)  # first: it finds tasks by their element, whosever they are
    return Figures(state=state, starts=_starts(place, runs), requests=_requests(place, runs))


def _half_way(session: Session, district: District) -> int:
    """Play a petition until a department handles it; return the largest state on the way."""
    town = Town(session, district, NOW)
    sizes = []

    def look() -> None:
        session.rollback()
        sizes.append(len(session.scalars(select(Instance.state).where(Instance.id == town.instance.id)).one() or b""))

    for step in (
        lambda: town.assigned("water"),
        lambda: town.do("sign", "handler-two", sign_decision="accept"),
        lambda: town.do("arrive", "handler-two", arrived_at="2026-03-18T11:00+08:00", arrival_way="site",
                        resident_contacted="yes", arrival_note="已到现场"),
        lambda: town.do("handle", "handler-two", handle_measures="更换破裂水管", handle_result="solved"),
    ):  # fmt: skip
        step()
        look()
    return max(sizes)


def _starts(place: Place, runs: int) -> list[Turn]:
    """Start cases in memory, by a bare transaction, and durably, one by one in turn."""
    spec, inner = work.stock_specs()
    runtime, turns, writing_rows = Runtime(cache_size=0), [], bare_start(place)
    work.begin(place, runtime, _file(place))
    for _ in range(runs):
        stock, ours, bare = Meter(list), Meter(place.backends), 0.0
        for _ in range(A_TURN):
            bare += writing_rows().each / A_TURN
            with stock.measuring():
                work.stock_start(spec, inner)
            case_id = _file(place)
            with ours.measuring():
                work.begin(place, runtime, case_id)
        turns.append(_turn(stock, ours, bare))
    return turns


def _turn(unit: Meter, ours: Meter, bare: float = 0.0) -> Turn:
    unit.cost.steps = ours.cost.steps = A_TURN
    return Turn(unit=unit.cost.each, ours=ours.cost.each, bare=bare)


def _file(place: Place) -> UUID:
    """Make a case without a process."""
    with place.sessions() as session, writing(session):
        return make_case(session, place=place.district.unit("willow")).id


def _requests(place: Place, runs: int) -> list[Turn]:
    """Complete first tasks by the engine and by HTTP, one by one in turn; this process's CPU."""
    with place.sessions() as session, writing(session):
        session.get_one(Staff, place.district.person("community").id).password_hash = hash_password(PASSWORD)
    runtime, starting, turns = Runtime(), Runtime(), []  # neither completes what it keeps as an object
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as folder, Path(os.devnull).open("w") as nowhere:
        configure_logs("INFO", nowhere)  # a request writes its line as in service
        settings = Settings(
            database_url=place.engine.url.render_as_string(hide_password=False), secret_key=b"k" * 32,
            field_key=bytes(range(32)), blob_dir=Path(folder), jurisdiction="qinghe", scheduler_embedded=False,
        )  # fmt: skip
        app = create_app(settings, clock=ShiftedClock(SystemClock(), NOW - SystemClock().now()))
        client = app.test_client()
        sign_in(client, "community")
        token = token_of(client.get("/inbox").text)
        for _ in range(runs + 1):
            call, request = Meter(list), Meter(list)
            for _ in range(A_TURN):
                one, other = (work.start(place, starting, _file(place))[0] for _ in range(2))
                with call.measuring(), place.sessions() as session:
                    runtime.complete(session, one, {"text": TEXT, "again": False}, actor=place.actor, now=NOW)
                with request.measuring():
                    answer = client.post(f"/tasks/{other}", data={"csrf_token": token, "text": TEXT})
                assert answer.status_code == 303, answer.text
                client.get("/notices")  # a page takes the message up; else the cookie would grow with each task
            turns.append(_turn(call, request))
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        configure_logs("ERROR")
    return turns[1:]  # the first one compiles templates and statements


def remember(completions: int) -> Memory:
    """Let a process of its own complete so many tasks, and return what memory it had on the way."""
    command = [sys.executable, "-m", "tests.bench.memory", str(completions)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return Memory(**json.loads(done.stdout.splitlines()[-1]))


def show(name: str, found: Figures) -> dict[str, Any]:
    """Print what was measured on a database, and return it for the report."""
    starts, requests = _middle(found.starts), _middle(found.requests)
    print(
        f"{name:<12}{found.state:>7}{starts.unit:>10.2f}{starts.bare:>9.2f}{starts.ours:>9.2f}{_times(found.starts):>7.2f}"
        f"{requests.unit:>9.2f}{requests.ours:>9.2f}{_times(found.requests):>7.2f}"
    )
    return {
        "state": found.state, "stock_start": round(starts.unit, 2), "bare_start": round(starts.bare, 2),
        "start": round(starts.ours, 2),
        "start_of_stock": round(_times(found.starts), 2), "call": round(requests.unit, 2),
        "request": round(requests.ours, 2), "request_of_call": round(_times(found.requests), 2),
    }  # fmt: skip


def _times(turns: list[Turn]) -> float:
    return median(turn.times for turn in turns)


def _middle(turns: list[Turn]) -> Turn:
    """The turn whose ratio stands in the middle."""
    return sorted(turns, key=lambda turn: turn.times)[len(turns) // 2]


def judge(name: str, found: Figures) -> list[str]:
    """Return the promises that the figures of a database break."""
    broken = []
    if found.state > STATE:
        broken.append(f"a petition's state takes {found.state} bytes half way, at most {STATE} are promised")
    for what, value, limit, of in (
        ("a start takes", _times(found.starts), START, "stock's"),
        ("a task by HTTP takes", _times(found.requests), REQUEST, "the engine's call"),
    ):
        if value > limit:
            broken.append(f"{what} {value:.2f} times {of}, at most {limit} times is promised")
    return [f"{name}: {promise}" for promise in broken]


def judge_memory(found: Memory) -> list[str]:
    """Return the promise that the memory of a worker breaks."""
    if found.growth <= GROWTH:
        return []
    return [f"a worker grew by {found.growth:.1f} MiB after it had settled, at most {GROWTH:.0f} MiB are promised"]
