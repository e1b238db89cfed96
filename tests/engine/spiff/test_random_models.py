"""Random processes: the same tasks are open as in the token game, and a snapshot after every step changes nothing."""

import random
from typing import Any

import pytest

from tests.engine.spiff.random_models import Game, Model
from tests.engine.spiff.running import Kept, Persisted, Run

SEEDS = 160
#: Steps of one process; loops in loops take long.
STEPS = 60


def play(seed: int) -> None:
    """Play one process twice, in memory and through snapshots, with random answers and messages."""
    rng = random.Random(seed)
    model = Model(rng)
    game = Game(model)
    runs: list[Run] = [Kept(model.body, model.counters), Persisted(model.body, model.counters)]
    for step in range(STEPS):
        where = f"seed {seed}, step {step}"
        expected = game.names()
        for run in runs:
            assert run.ready() == expected, where
        kept, persisted = (run.data() for run in runs)
        assert kept == persisted, where
        seen_kept, seen_persisted = ([(t.element_id, t.data) for t in run.workflow.open_tasks()] for run in runs)
        assert sorted(seen_kept, key=str) == sorted(seen_persisted, key=str), where
        if not expected:
            break
        if rng.random() < 0.1:
            game.remind()
            for run in runs:
                run.send("message")
            continue
        if rng.random() < 0.1:
            game.interrupt()
            for run in runs:
                run.send("other")
            continue
        task = rng.choice(expected)
        answer = change(rng, step, runs[0].task(task).data)
        game.do(task)
        for run in runs:
            # Of several open ones of one element, the oldest.
            run.do(task, **answer)
    else:
        return
    assert all(run.done() for run in runs), f"seed {seed}"


def change(rng: random.Random, step: int, data: dict[str, Any]) -> dict[str, Any]:
    """Something to write: a number, a text, a list, or a new entry in an object."""
    return rng.choice(
        [
            {"number": step},
            {"text": f"text {step}"},
            {"list": [step]},
            {"object": {**data.get("object", {}), f"entry {step}": step}},
        ]
    )


@pytest.mark.parametrize("chunk", range(8))
def test_the_open_tasks_are_those_of_the_token_game(chunk: int) -> None:
    for seed in range(chunk, SEEDS, 8):
        play(seed)
