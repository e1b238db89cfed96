"""Hands a message to a server by HTTP, to an address that was looked at before: resolved once, pinned, no redirects.

The connection goes to the very address that was judged. Asking for it a second time would let a name server answer
otherwise the second time; following a redirect would let the other side choose where to go.
"""

import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Timer
from typing import Final
from urllib.parse import urlsplit

from engine.errors import Invalid
from engine.forms.messages import N_
from engine.notices.channels.addresses import Address, Network, listed, parse, refused
from engine.notices.channels.port import ChannelDown, PermanentFailure, TemporaryFailure, silence

#: Bytes of an answer that are read; what follows is left on the line.
MOST_READ: Final = 64 * 1024
#: Why nobody answered, for who mends it; see `silence`.
_SILENT: Final = {
    "refused": N_(
        "{host} does not answer: it refuses the connection. See whether the service runs, and on which port."
    ),
    "late": N_("{host} does not answer: nothing came in time. See whether it is reached from here."),
    "certificate": N_("{host} does not answer as itself, its certificate is not trusted: {reason}."),
    "other": N_("{host} does not answer: {reason}."),
}
_PORTS: Final = {"http": 80, "https": 443}
#: Answers that say: not now. Source: RFC 9110, 15.6; RFC 6585, 4.
_BUSY: Final = frozenset({408, 425, 429, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a message goes: what its address means, and the addresses that were found for it."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server said; the body as far as it was read."""

    status: int
    body: bytes = field(repr=False)


def resolve(url: str, allowed: tuple[Network, ...] = ()) -> Target:
    """Find out where an address leads, and whether anything may be sent there.

    Args:
        allowed: networks of one's own that it may lead to; only there may it do without encryption.

    Raises:
        Invalid: `address-unreadable`, `address-unknown` (no such host), `address-refused` (it is inside, and not on
            the list), `address-not-encrypted`.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS[parts.scheme]
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, KeyError, UnicodeError) as error:
        raise _unreadable() from error
    if not host or parts.username is not None or not url.strip().isascii() or any(c <= " " for c in url.strip()):
        raise _unreadable()
    found = _addresses(host, port)
    if any(refused(each, allowed) for each in found):
        raise Invalid(
            "address-refused",
            "{host} leads to an inner or reserved address, and nothing is sent there. Enter a public address, or have "
            "the network allowed for this connector.",
            host=host,
        )
    if parts.scheme == "http" and not all(listed(each, allowed) for each in found):
        raise Invalid(
            "address-not-encrypted", "{host} is outside: what is sent there must be encrypted. Use https.", host=host
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=parts.scheme, host=host, port=port, path=path, addresses=found)


@dataclass(frozen=True, kw_only=True)
class Courier:
    """Posts to where it may.

    Args:
        allowed: networks of one's own that it may post to.
        timeout: seconds for everything after the name was looked up.
    """

    allowed: tuple[Network, ...] = ()
    timeout: float = 10.0

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post `body` once and return what was answered, a redirect as it is.

        Raises:
            ChannelDown: it must not be sent there, or nobody answers in time.
        """
        try:
            target = resolve(url, self.allowed)
        except Invalid as error:
            raise ChannelDown(error.code, error.template, **error.facts) from error
        try:
            with self._connected(target) as connection:
                connection.request("POST", target.path, body, {**headers, "Connection": "close"})
                response = connection.getresponse()
                answer = Answer(status=response.status, body=response.read(MOST_READ))
                if connection.was_cut:  # half an answer reads like a whole one
                    raise TimeoutError("timed out")
                return answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            # a connection that breaks after the message was sent may have delivered it: the next try has the same key
            reason = f"{type(error).__name__}: {error}"
            raise ChannelDown("connector-silent", _SILENT[silence(error)], host=target.host, reason=reason) from error

    @contextmanager
    def _connected(self, target: Target) -> Iterator["_Pinned"]:
        connection = _Pinned(target, self.timeout)
        # the timeout of a socket starts anew with every byte; a server that drips must end as well
        watch = Timer(self.timeout, connection.cut)
        watch.daemon = True
        watch.start()
        try:
            yield connection
        finally:
            watch.cancel()
            connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one of the addresses that were judged; certificate and `Host` are those of the name."""

    def __init__(self, target: Target, timeout: float) -> None:
        self.default_port = _PORTS[target.scheme]
        super().__init__(target.host, target.port, timeout=timeout)
        self._target = target
        self.was_cut = False

    def connect(self) -> None:
        failure: OSError | None = None
        for address in self._target.addresses[:3]:
            try:
                self.sock = socket.create_connection((str(address), self._target.port), self.timeout)
                break
            except OSError as error:
                failure = error
        else:
            raise failure or OSError("no address")
        if self._target.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._target.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def cut(self) -> None:
        """End the connection, whatever it waits for."""
        self.was_cut = True
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            return


def judge(answer: Answer) -> None:
    """Return when a server has accepted what it was sent.

    Raises:
        ChannelDown: it takes nothing now: it is busy, does not know us, or sends us elsewhere.
        PermanentFailure: it says that it is gone for good.
        TemporaryFailure: it did not take this.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise ChannelDown(
            "connector-redirects",
            "It answers {status} and sends us elsewhere, where nothing is sent. Enter its final address.",
            status=status,
        )
    if status == 410:  # Standard Webhooks: the endpoint wants no more
        raise PermanentFailure("connector-gone", "It answers 410: there is nobody any more. Correct the connector.")
    if status in (401, 403, 404, 405):
        raise ChannelDown(
            "connector-refused", "It answers {status}. Check the address and the key of the connector.", status=status
        )
    if status in _BUSY:
        raise ChannelDown("connector-busy", "It answers {status}: not now.", status=status)
    raise TemporaryFailure("connector-failed", "It answers {status}.", status=status)


def _addresses(host: str, port: int) -> tuple[Address, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Invalid(
            "address-unknown", "There is no host {host}. Check the address, or the name server.", host=host
        ) from error
    return tuple(dict.fromkeys(parse(str(each[4][0])) for each in found))


def _unreadable() -> Invalid:
    return Invalid(
        "address-unreadable", "The address cannot be read. Enter one of the form https://host/path, without a user."
    )
