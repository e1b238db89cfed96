"""Figures with a limit each: a petition's state half way, a start, a task by HTTP, the memory of a worker."""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
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
from tests.bench.work import NOW, TEXT, Meter, Place
from tests.bpmn.petition.test_on_database import Town
from tests.factories import District, make_case
from tests.web.browsing import PASSWORD, sign_in, token_of
from web import create_app
from web.database import db

#: What is promised: bytes of the state; times stock; times the engine's call; mebibytes after the first 10,000.
STATE, START, REQUEST, GROWTH = 3072, 2.0, 3.0, 8.0
#: From here on the memory of a worker must stand.
SETTLED: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured on one database.

    Args:
        state: bytes of the state of a petition that a department handles, the largest on the way there.
        stock_start, start: milliseconds of CPU until the first task is there, stock in memory and durably.
        call, request: milliseconds of CPU of this process to complete a task, by the engine and by HTTP: form post,
            checks, the engine's call, redirect.
    """

    state: int
    stock_start: float
    start: float
    call: float
    request: float


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
        runs: how many starts and completions count.
    """
    sessions = session_factory(engine)
    place = Place(engine, sessions, lambda: pids)
    with sessions() as session:
        state = _half_way(session, place.district)  # first: it finds tasks by their element, whosever they are
    stock, start = min((_starts(place, runs) for _ in range(3)), key=lambda found: found[1] / found[0])
    call, request = min((_requests(place, runs) for _ in range(2)), key=lambda found: found[1] / found[0])
    return Figures(state=state, stock_start=stock, start=start, call=call, request=request)


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


def _starts(place: Place, runs: int) -> tuple[float, float]:
    """Start cases in memory and durably, in turn; milliseconds of CPU each."""
    spec, inner = work.stock_specs()
    runtime, stock, ours = Runtime(cache_size=0), Meter(list), Meter(place.backends)
    work.start(place, runtime)
    for _ in range(runs):
        with stock.measuring():
            work.stock_start(spec, inner)
        case_id = _file(place)
        with ours.measuring():
            work.start(place, runtime, case_id)
        stock.cost.steps += 1
        ours.cost.steps += 1
    return stock.cost.each, ours.cost.each


def _file(place: Place) -> UUID:
    """Make a case without a process."""
    with place.sessions() as session, writing(session):
        return make_case(session, place=place.district.unit("willow")).id


def _requests(place: Place, runs: int) -> tuple[float, float]:
    """Complete first tasks by the engine and by HTTP, in turn; milliseconds of this process's CPU each."""
    with place.sessions() as session, writing(session):
        session.get_one(Staff, place.district.person("community").id).password_hash = hash_password(PASSWORD)
    runtime, call, request = Runtime(cache_size=512), Meter(list), Meter(list)
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as folder:
        settings = Settings(
            database_url=place.engine.url.render_as_string(hide_password=False), secret_key=b"k" * 32,
            field_key=bytes(range(32)), blob_dir=Path(folder), jurisdiction="qinghe", scheduler_embedded=False,
        )  # fmt: skip
        app = create_app(settings, clock=ShiftedClock(SystemClock(), NOW - SystemClock().now()))
        client = app.test_client()
        sign_in(client, "community")
        token = token_of(client.get("/inbox").text)
        for number in range(runs + 2):
            one, other = (work.start(place, runtime, _file(place))[0] for _ in range(2))
            with call.measuring(), place.sessions() as session:
                runtime.complete(session, one, {"text": TEXT, "again": False}, actor=place.actor, now=NOW)
            with request.measuring():
                answer = client.post(f"/tasks/{other}", data={"csrf_token": token, "text": TEXT})
            assert answer.status_code == 303, answer.text
            if number < 2:  # the first ones compile templates and statements
                call, request = Meter(list), Meter(list)
            call.cost.steps += 1
            request.cost.steps += 1
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    return call.cost.each, request.cost.each


def remember(completions: int) -> Memory:
    """Let a process of its own complete so many tasks, and return what memory it had on the way."""
    command = [sys.executable, "-m", "tests.bench.memory", str(completions)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return Memory(**json.loads(done.stdout.splitlines()[-1]))


def show(name: str, found: Figures) -> dict[str, Any]:
    """Print what was measured on a database, and return it for the report."""
    starting, asking = found.start / found.stock_start, found.request / found.call
    print(
        f"{name:<12}{found.state:>7}{found.stock_start:>10.2f}{found.start:>9.2f}{starting:>7.2f}"
        f"{found.call:>9.2f}{found.request:>9.2f}{asking:>7.2f}"
    )
    return {name: round(value, 2) for name, value in asdict(found).items()}


def judge(name: str, found: Figures) -> list[str]:
    """Return the promises that the figures of a database break."""
    broken = []
    if found.state > STATE:
        broken.append(f"a petition's state takes {found.state} bytes half way, at most {STATE} are promised")
    for what, value, limit, of in (
        ("a start takes", found.start / found.stock_start, START, "stock's"),
        ("a task by HTTP takes", found.request / found.call, REQUEST, "the engine's call"),
    ):
        if value > limit:
            broken.append(f"{what} {value:.2f} times {of}, at most {limit} times is promised")
    return [f"{name}: {promise}" for promise in broken]


def judge_memory(found: Memory) -> list[str]:
    """Return the promise that the memory of a worker breaks."""
    if found.growth <= GROWTH:
        return []
    return [f"a worker grew by {found.growth:.1f} MiB after it had settled, at most {GROWTH:.0f} MiB are promised"]
