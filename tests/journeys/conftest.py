"""The demonstration as a visitor starts it, and a real browser before it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import PATIENCE, Demo, Town

_ROOT = Path(__file__).parents[2]
_SHOTS = Path(__file__).parent / "shots"
#: seconds that the demonstration's weeks of cases may take on a busy machine
_BUILT_WITHIN = 240


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demonstration's server on a free port, with a folder of its own; or the one that `JOURNEYS_URL` names.

    `JOURNEYS_FOLDER` says where the data of that one lies, for tests that look behind its pages.
    """
    if running := os.environ.get("JOURNEYS_URL"):
        known = os.environ.get("JOURNEYS_FOLDER")
        yield Demo(url=running, folder=Path(known) if known else None)
        return
    if shutil.which("chromium") is None and shutil.which("google-chrome") is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "web.cli", "demo", "--folder", str(folder), "--port", str(port)]
    log = folder / "server.log"
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with log.open("w") as output:
        subprocess.run([*command, "--build-only"], cwd=_ROOT, env=environment, stdout=output, stderr=output,
                       check=True, timeout=_BUILT_WITHIN)  # fmt: skip
        _let_everybody_in(folder / "settings.env")
        server = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait(server, f"http://127.0.0.1:{port}/sign-in", log)
        yield Demo(url=f"http://127.0.0.1:{port}", folder=folder)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def _let_everybody_in(settings: Path) -> None:
    """Raise the limits a minute: a whole district comes from one address here. The limits are tried elsewhere."""
    with settings.open("a", encoding="utf-8") as file:
        file.write("CHUISHAO_RATE_SIGN_IN=1000 per minute\nCHUISHAO_RATE_PORTAL=1000 per minute\n")


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the demonstration did not start:\n{log.read_text()[-3000:]}", pytrace=False)


@pytest.fixture
def town(demo: Demo, browser: Browser) -> Iterator[Town]:
    """Everybody who takes part, each with their own browser window; afterwards no window may have complained."""
    expect.set_options(timeout=PATIENCE)
    _SHOTS.mkdir(exist_ok=True)
    town = Town(demo, browser, _SHOTS)
    yield town
    town.leave()
    assert town.complaints == []
