"""A robot says it in its group, and a service that only pretends to have taken it is found out."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.errors import Invalid
from engine.notices import ChannelDown, Outgoing
from engine.notices.channels import Courier, RobotChannel, robot_address
from engine.notices.channels.addresses import read_networks
from tests.engine.notices.sink import Sink, http_sink
from tests.fakes import ManualClock

HERE = Courier(allowed=read_networks(["127.0.0.0/8"]))
NOW = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
PATHS = {
    "wecom": "/cgi-bin/webhook/send?key=693a91f6-7b2c",
    "dingtalk": f"/robot/send?access_token={'a1' * 32}",
    "feishu": "/open-apis/bot/v2/hook/c1e89d3a-11",
    "lark": "/open-apis/bot/v2/hook/c1e89d3a-11",
}
NOTICE = Outgoing(key="k", channel="wecom", address="", subject="督办提醒 L2", body="编号：SQ2026-000001\n", link="")


def say(kind: str, answer: bytes, secret: str = "") -> Sink:
    with http_sink(Sink(body=answer)) as sink:
        url = sink.url.partition("/hook")[0] + PATHS[kind]
        RobotChannel(kind=kind, url=url, secret=secret, courier=HERE, clock=ManualClock(NOW)).send(NOTICE)
    return sink


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("wecom", b'{"errcode":0,"errmsg":"ok"}'),
        ("dingtalk", b'{"errcode":0,"errmsg":"ok"}'),
        ("feishu", b'{"StatusCode":0,"code":0,"msg":"success"}'),
        ("lark", b'{"code":0,"msg":"success"}'),
    ],
)
def test_a_robot_says_the_notice(kind: str, answer: bytes) -> None:
    (received,) = say(kind, answer).received
    said = json.loads(received.body)
    text = said["text"]["content"] if "msgtype" in said else said["content"]["text"]
    assert text == "督办提醒 L2\n编号：SQ2026-000001"
    assert received.path == PATHS[kind]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}'),
        ("dingtalk", b'{"errcode":310000,"errmsg":"keywords not in content"}'),
        ("feishu", b'{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}'),
        ("wecom", b"<html>a page of some proxy</html>"),
    ],
)
def test_an_answer_of_200_that_says_no_is_no(kind: str, answer: bytes) -> None:
    with pytest.raises(ChannelDown, match="did not say it"):
        say(kind, answer)


def test_dingtalk_and_feishu_messages_are_signed() -> None:
    (received,) = say("dingtalk", b'{"errcode":0}', secret="SEC123").received
    query = parse_qs(urlsplit(received.path).query)
    moment = str(int(NOW.timestamp() * 1000))
    wanted = hmac.new(b"SEC123", f"{moment}\nSEC123".encode(), hashlib.sha256).digest()
    assert query["timestamp"] == [moment]
    assert query["sign"] == [base64.b64encode(wanted).decode()]
    (received,) = say("feishu", b'{"code":0}', secret="SEC123").received
    moment = str(int(NOW.timestamp()))
    wanted = hmac.new(f"{moment}\nSEC123".encode(), b"", hashlib.sha256).digest()
    said = json.loads(received.body)
    assert (said["timestamp"], said["sign"]) == (moment, base64.b64encode(wanted).decode())


@pytest.mark.parametrize(
    ("kind", "short", "whole"),
    [
        ("wecom", "wecombot://693a91f6-7b2c", f"https://qyapi.weixin.qq.com{PATHS['wecom']}"),
        ("dingtalk", f"dingtalk://{'a1' * 32}", f"https://oapi.dingtalk.com{PATHS['dingtalk']}"),
        ("feishu", "feishu://c1e89d3a", "https://open.feishu.cn/open-apis/bot/v2/hook/c1e89d3a"),
        ("lark", "lark://6d1f7c5e-1234-4c5e-9876-123456789abc",
         "https://open.larksuite.com/open-apis/bot/v2/hook/6d1f7c5e-1234-4c5e-9876-123456789abc"),
    ],
)  # fmt: skip
def test_an_address_is_read_as_apprise_writes_it(kind: str, short: str, whole: str) -> None:
    assert robot_address(kind, short) == whole
    assert robot_address(kind, whole) == whole


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"),  # no key
        ("wecom", f"https://oapi.dingtalk.com{PATHS['dingtalk']}"),  # of another service
        ("dingtalk", "dingtalk://"),
        ("feishu", "json://inner.example/"),  # Apprise knows it, and it leads anywhere
        ("lark", "file:///etc/passwd"),
    ],
)
def test_an_address_of_something_else_is_refused(kind: str, url: str) -> None:
    with pytest.raises(Invalid, match="no address of a robot"):
        robot_address(kind, url)
