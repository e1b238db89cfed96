"""A message is posted to the address that was judged, and nothing keeps the sender."""

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid
from engine.notices import ChannelDown, PermanentFailure, TemporaryFailure
from engine.notices.channels.addresses import read_networks
from engine.notices.channels.courier import MOST_READ, Answer, Courier, judge, resolve
from tests.engine.notices.sink import Sink, http_sink

HERE = read_networks(["127.0.0.0/8"])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/", "address-refused"),
        ("https://127.1/", "address-refused"),  # other spellings of the same
        ("https://2130706433/", "address-refused"),
        ("https://0x7f000001/", "address-refused"),
        ("https://localhost/", "address-refused"),
        ("https://[::1]/", "address-refused"),
        ("https://[::ffff:10.0.0.1]/", "address-refused"),
        ("https://[64:ff9b::a00:1]/", "address-refused"),
        ("https://[2002:a00:1::]/", "address-refused"),
        ("https://169.254.169.254/latest/meta-data/", "address-refused"),
        ("https://nowhere.invalid/", "address-unknown"),
        ("http://8.8.8.8/", "address-not-encrypted"),
        ("ftp://example.org/", "address-unreadable"),
        ("file:///etc/passwd", "address-unreadable"),
        ("https://user:secret@example.org/", "address-unreadable"),
        ("https://example.org/\r\nX-Evil: 1", "address-unreadable"),
        ("https:///path", "address-unreadable"),
        ("https://example.org:99999/", "address-unreadable"),
    ],
)
def test_an_address_that_will_not_do_is_refused(url: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        resolve(url)
    assert caught.value.code == code
    with pytest.raises(ChannelDown) as sending:
        Courier().post(url, b"", {})
    assert sending.value.code == code


def test_a_name_with_an_inner_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    with pytest.raises(Invalid, match="inner or reserved"):
        resolve("https://two.example/")


def test_the_name_is_looked_up_once_and_the_connection_goes_to_what_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server that answers otherwise the second time (DNS rebinding) is not asked a second time."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *arguments: Any, **options: Any) -> Any:
        if host != "rebind.example":
            return real(host, *arguments, **options)  # a connection to a number asks as well
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with http_sink() as sink:
        url = sink.url.replace("127.0.0.1", "rebind.example")
        answer = Courier(allowed=read_networks(["127.0.0.1"])).post(url, b"{}", {"X-Key": "1"})
    assert (answer.status, asked) == (200, ["rebind.example"])
    (received,) = sink.received
    assert received.headers["host"].startswith("rebind.example:")
    assert (received.path, received.headers["x-key"]) == ("/hook?to=us", "1")


def test_a_redirect_is_not_followed() -> None:
    with http_sink() as other, http_sink(Sink(answers=[(307, b"")])) as sink:
        sink.location = other.url
        answer = Courier(allowed=HERE).post(sink.url, b"{}", {})
    assert (answer.status, other.received) == (307, [])
    with pytest.raises(ChannelDown, match="sends us elsewhere"):
        judge(answer)


def test_a_certificate_is_checked_against_the_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_sink(certificate=certificate) as sink:
        with pytest.raises(ChannelDown, match="certificate is not trusted"):
            Courier(allowed=HERE).post(sink.url, b"{}", {})
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert Courier(allowed=HERE).post(sink.url, b"{}", {}).status == 200
        # the same server by a name that its certificate does not have
        with pytest.raises(ChannelDown, match="not valid for"):
            Courier(allowed=(*HERE, *read_networks(["::1"]))).post(
                sink.url.replace("127.0.0.1", "localhost"), b"{}", {}
            )
    assert len(sink.received) == 1


def test_a_server_that_drips_costs_the_timeout_only() -> None:
    with http_sink(Sink(drips=True)) as sink:
        began = time.monotonic()
        with pytest.raises(ChannelDown, match="does not answer"):
            Courier(allowed=HERE, timeout=0.5).post(sink.url, b"{}", {})
        assert time.monotonic() - began < 3


def test_a_server_that_is_not_there_is_a_channel_that_is_down() -> None:
    with http_sink() as sink:
        pass
    with pytest.raises(ChannelDown, match="does not answer"):
        Courier(allowed=HERE).post(sink.url, b"{}", {})


def test_a_connection_that_breaks_before_the_answer_is_tried_again() -> None:
    with http_sink(Sink(cuts=1)) as sink, pytest.raises(ChannelDown):
        Courier(allowed=HERE).post(sink.url, b"{}", {})
    assert len(sink.received) == 1


def test_no_more_of_an_answer_is_read_than_is_needed() -> None:
    with http_sink(Sink(body=b"x" * (MOST_READ * 3))) as sink:
        assert len(Courier(allowed=HERE).post(sink.url, b"{}", {}).body) == MOST_READ


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (302, ChannelDown), (401, ChannelDown), (404, ChannelDown), (429, ChannelDown), (503, ChannelDown),
        (400, TemporaryFailure), (500, TemporaryFailure),  # perhaps this one only: the others are tried
        (410, PermanentFailure),
    ],
)  # fmt: skip
def test_an_answer_says_whether_another_try_helps(status: int, failure: type[Exception]) -> None:
    with pytest.raises(failure) as caught:
        judge(Answer(status=status, body=b""))
    assert type(caught.value) is failure


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_answer_of_two_hundred_is_acceptance(status: int) -> None:
    judge(Answer(status=status, body=b""))
