"""A webhook is signed as Standard Webhooks says, and its key stays the same."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from engine.errors import Invalid
from engine.notices import ChannelDown, Outgoing
from engine.notices.channels import Courier, WebhookChannel, new_secret, read_secret, sign
from engine.notices.channels.addresses import read_networks
from tests.engine.notices.sink import Received, Sink, http_sink
from tests.fakes import ManualClock

HERE = Courier(allowed=read_networks(["127.0.0.0/8"]))
NOW = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)


def notice(key: str = "rung:1:webhook") -> Outgoing:
    return Outgoing(key=key, channel="webhook", address="", subject="", body='{"type":"notice.overdue"}', link="")


def is_signed(received: Received, secret: str) -> bool:
    """Verify as a receiver does who has read the standard, and not our code."""
    head = received.headers
    signed = b".".join([head["webhook-id"].encode(), head["webhook-timestamp"].encode(), received.body])
    key = base64.b64decode(secret.split("_", 1)[1])
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return wanted in head["webhook-signature"].split(" ")


def test_a_signature_is_the_one_that_is_published() -> None:
    """The example that receivers' libraries are tested with."""
    signature = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        b'{"test": 2432232314}',
    )  # fmt: skip
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_tell_who_sent_it_and_when() -> None:
    secret = new_secret()
    with http_sink() as sink:
        WebhookChannel(url=sink.url, secrets=(secret,), courier=HERE, clock=ManualClock(NOW)).send(notice())
    (received,) = sink.received
    assert is_signed(received, secret)
    assert not is_signed(received, new_secret())
    assert received.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert received.headers["content-type"].startswith("application/json")
    assert received.body == notice().body.encode()


def test_while_a_secret_is_replaced_both_sign() -> None:
    old, new = new_secret(), new_secret()
    with http_sink() as sink:
        WebhookChannel(url=sink.url, secrets=(new, old), courier=HERE).send(notice())
    (received,) = sink.received
    assert is_signed(received, old)
    assert is_signed(received, new)


def test_every_attempt_has_the_same_id() -> None:
    with http_sink(Sink(answers=[(503, b"")])) as sink:
        channel = WebhookChannel(url=sink.url, secrets=(new_secret(),), courier=HERE)
        with pytest.raises(ChannelDown):
            channel.send(notice())
        channel.send(notice())
        channel.send(notice("rung:2:webhook"))
    first, again, other = sink.ids()
    assert first == again != other
    assert first.startswith("msg_")


@pytest.mark.parametrize("text", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "whsec_" + "A" * 120])
def test_a_secret_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="whsec_"):
        read_secret(text)
    assert len(read_secret(new_secret())) == 32
