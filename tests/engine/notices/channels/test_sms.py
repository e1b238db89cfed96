"""Short messages by a gateway: what it is sent, and what its answers mean."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from engine.errors import Invalid
from engine.notices import ChannelDown, Outgoing, TemporaryFailure
from engine.notices.channels import AddressRefused, Courier, Expected, GatewayChannel, apprise_service
from engine.notices.channels.addresses import read_networks
from tests.engine.notices.sink import Sink, http_sink

HERE = Courier(allowed=read_networks(["127.0.0.0/8"]))


def message(number: str = "+86 138-0013 8000") -> Outgoing:
    return Outgoing(
        key="rung:1:sms", channel="sms", address=number, subject="已受理（SQ2026-000001）",
        body="https://chuishao.example/follow\n", link="",
    )  # fmt: skip


def gateway(sink: Sink, **values: Any) -> GatewayChannel:
    given: dict[str, Any] = {
        "body": {"mobile": "{to}", "content": "【清河区】{text}", "extend": ["{key}"], "priority": 1},
        "accepted": Expected(field="code", values=("0", "OK")), "nobody": Expected(field="code", values=("1016",)),
    }  # fmt: skip
    return GatewayChannel(url=sink.url, courier=HERE, **(given | values))


def test_a_gateway_gets_number_and_text_where_it_wants_them() -> None:
    with http_sink(Sink(body=b'{"code":0}')) as sink:
        gateway(sink, headers={"Authorization": "Bearer x"}).send(message())
    (received,) = sink.received
    assert json.loads(received.body) == {
        "mobile": "+8613800138000",
        "content": "【清河区】已受理（SQ2026-000001）\nhttps://chuishao.example/follow",
        "extend": ["rung:1:sms"], "priority": 1,
    }  # fmt: skip
    assert received.headers["authorization"] == "Bearer x"
    assert received.headers["idempotency-key"] == "rung:1:sms"


def test_a_gateway_can_want_a_form() -> None:
    with http_sink(Sink(body=b'{"code":"OK"}')) as sink:
        gateway(sink, form=True, body={"to": "{to}", "msg": "{text}"}).send(message())
    assert parse_qs(sink.received[0].body.decode())["to"] == ["+8613800138000"]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((200, b'{"code":"1016"}'), AddressRefused),  # there is no such number
        ((400, b'{"code":"1016"}'), AddressRefused),
        ((200, b'{"code":"3"}'), TemporaryFailure),  # 200, and yet not taken
        ((200, b"<html>"), TemporaryFailure),
        ((503, b""), ChannelDown),
        ((401, b""), ChannelDown),
    ],
)
def test_an_answer_says_whether_another_try_helps(answer: tuple[int, bytes], failure: type[Exception]) -> None:
    with http_sink(Sink(answers=[answer])) as sink, pytest.raises(failure) as caught:
        gateway(sink).send(message())
    assert type(caught.value) is failure


@pytest.mark.parametrize("number", ["", "li@example.org", "12", "1380013800x", "+86138001380001380013"])
def test_a_number_that_is_none_never_works(number: str) -> None:
    with http_sink() as sink, pytest.raises(AddressRefused, match="no usable telephone number"):
        gateway(sink).send(message(number))
    assert sink.received == []


def test_a_service_that_apprise_knows_is_read_by_it() -> None:
    url = f"twilio://AC{'a' * 32}:{'b' * 32}@15551230000/{{to}}"
    assert "13800138000" in apprise_service(url, "+8613800138000").url()


@pytest.mark.parametrize(
    "url",
    [
        f"twilio://AC{'a' * 32}:{'b' * 32}@15551230000/",  # no place for the number
        "json://inner.example/{to}",  # Apprise knows it, and it leads anywhere
        "twilio://{to}",
    ],
)
def test_a_service_that_will_not_do_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="no address of a service"):
        apprise_service(url, "+8613800138000")


def test_an_address_cannot_loosen_how_a_service_is_asked() -> None:
    asked = "verify=no&redirect=yes&retry=5&wait=60&rto=600"
    loose = f"twilio://AC{'a' * 32}:{'b' * 32}@15555550123/{{to}}?{asked}"
    service = apprise_service(loose, "+8613800138000")
    assert (service.verify_certificate, service.redirects) == (True, False)
    assert (service.retry, service.wait, service.request_timeout) == (0, 0, (10.0, 10.0))
