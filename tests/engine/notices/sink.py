"""A real HTTP server for tests, which can be told to misbehave."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Sink:
    """What a server was sent, and how it answers.

    Args:
        answers: (status, body) of the next requests, in turn; afterwards 200 and `body`.
        location: header of every answer.
        drips: sends one byte of the answer every 0.1 seconds, without end.
        cuts: how many connections are closed after the request was read and before the answer.
    """

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    body: bytes = b"{}"
    location: str = ""
    drips: bool = False
    cuts: int = 0
    received: list[Received] = field(default_factory=list)
    url: str = ""

    def ids(self) -> list[str]:
        return [each.headers["webhook-id"] for each in self.received]


@contextmanager
def http_sink(sink: Sink | None = None, port: int = 0, certificate: Path | None = None) -> Iterator[Sink]:
    """Run an HTTP server on this machine for a block; port 0 takes a free one, with a certificate it speaks TLS."""
    sink = sink or Sink()
    handler = type("Handler", (_Handler,), {"sink": sink})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    sink.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/hook?to=us"
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    sink: Sink

    def do_POST(self) -> None:
        sink = self.sink
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        sink.received.append(Received(path=self.path, headers=headers, body=body))
        if sink.cuts:
            sink.cuts -= 1
            self.connection.close()
            return
        if sink.drips:
            self._drip()
            return
        status, said = sink.answers.pop(0) if sink.answers else (200, sink.body)
        self.send_response(status)
        if sink.location:
            self.send_header("Location", sink.location)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _drip(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for _ in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
