"""Pages as they are served: what a proxy in front says of whom it speaks for reaches the application."""

import dataclasses
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import waitress
from flask import Flask, jsonify, request
from waitress.server import BaseWSGIServer

from config import Settings
from tests.fakes import ManualClock
from web import create_app
from web.auth.access import public
from web.cli.server import SERVING

FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "chuishao.example"}


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve an application as `chuishao web` does; give the port."""
    server: BaseWSGIServer = waitress.create_server(app, host="127.0.0.1", port=0, **SERVING)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield int(server.effective_port)
    server.close()
    thread.join(10)


def get(port: int, path: str, headers: dict[str, str]) -> tuple[int, str]:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    asking.request("GET", path, headers=headers)
    answer = asking.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, ["127.0.0.1", "http"]),  # nobody stands in front: who says so is not believed
        (1, ["203.0.113.9", "https"]),
    ],
)
def test_who_asks_is_whom_a_trusted_proxy_names_and_figures_are_not_for_them(
    settings: Settings, clock: ManualClock, proxies: int, seen: list[str]
) -> None:
    app = create_app(dataclasses.replace(settings, trusted_proxies=proxies), clock=clock)
    app.add_url_rule("/who", view_func=public(lambda: jsonify([request.remote_addr, request.scheme])))
    with served(app) as port:
        status, told = get(port, "/who", FORWARDED)
        assert (status, json.loads(told)) == (200, seen)
        assert get(port, "/metrics", FORWARDED)[0] == 404, "a proxy on this machine speaks for somebody elsewhere"
        assert get(port, "/metrics", {})[0] == 200
