"""Every case runs twice: in memory, and through a snapshot after every step."""

import pytest

from tests.engine.spiff.running import Kept, Persisted, Run


@pytest.fixture(params=[Kept, Persisted], ids=["memory", "snapshot"])
def run(request: pytest.FixtureRequest) -> type[Run]:
    return request.param  # type: ignore[no-any-return]
