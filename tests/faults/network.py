"""Machines of one test: network namespaces where that is permitted, else this machine with a proxy for each."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import Protocol

from tests.faults.proxy import Proxy

#: so that a lost machine is noticed in seconds, where an installation takes half a minute
SOON = {"keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 2, "tcp_user_timeout": 3000}
_OPTIONS = "%20".join(f"-c%20tcp_{name.removeprefix('tcp_')}%3D{value}" for name, value in SOON.items())


class Machine(Protocol):
    """One machine."""

    name: str
    #: where it is reached from here
    address: str

    def url(self, database: str) -> str:
        """Return where the database is, seen from it."""

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return how a program is started on it."""

    def cut(self) -> None:
        """Take it off the network; its programs run on."""

    def heal(self) -> None:
        """Put it back."""


def _url(host: str, port: int, database: str) -> str:
    further = "&".join(f"{name}={value}" for name, value in SOON.items())
    return f"postgresql://chuishao@{host}:{port}/{database}?{further}&options={_OPTIONS}"


class Namespace:
    """A network namespace with one link to here."""

    def __init__(self, number: int, port: int) -> None:
        self.name, self._port = f"chs{os.getpid() % 10000}n{number}", port
        self._link = f"{self.name}h"
        # nobody else on this machine has the same networks
        net = f"10.77.{os.getpid() % 60 * 4 + number}"
        self.address, self._here = f"{net}.2", f"{net}.1"
        _ip("netns", "add", self.name)
        _ip("link", "add", self._link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("addr", "add", f"{self._here}/24", "dev", self._link)
        _ip("link", "set", self._link, "up")
        for words in (("addr", "add", f"{self.address}/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("link", "set", "lo", "up")):  # fmt: skip
            _ip("-n", self.name, *words)

    def url(self, database: str) -> str:
        return _url(self._here, self._port, database)

    def command(self, arguments: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", self.name, *arguments]

    def cut(self) -> None:
        _ip("link", "set", self._link, "down")

    def heal(self) -> None:
        _ip("link", "set", self._link, "up")

    def remove(self) -> None:
        """Take it away with its link."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.name)


class Neighbour:
    """This machine, with a proxy between its programs and the database."""

    def __init__(self, number: int, port: int) -> None:
        self.name, self.address = f"proxy {number}", "127.0.0.1"
        self._proxy = Proxy(port)

    def url(self, database: str) -> str:
        return _url("127.0.0.1", self._proxy.port, database)

    def command(self, arguments: Sequence[str]) -> list[str]:
        return list(arguments)

    def cut(self) -> None:
        self._proxy.cut()

    def heal(self) -> None:
        self._proxy.heal()

    def remove(self) -> None:
        """Take no more connections."""
        self._proxy.heal()
        self._proxy.close()


def may_have_namespaces() -> bool:
    """Say whether network namespaces can be made here."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    with contextlib.suppress(subprocess.CalledProcessError):
        probe = Namespace(3, 0)
        probe.remove()
        return True
    return False


@contextlib.contextmanager
def machines(count: int, port: int) -> Iterator[list[Machine]]:
    """Give machines of which the database of `port` is reached."""
    kind = Namespace if may_have_namespaces() else Neighbour
    made: list[Namespace | Neighbour] = []
    try:
        made += [kind(number, port) for number in range(count)]
        yield list(made)
    finally:
        for each in made:
            each.remove()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
