"""The robot of a group in WeCom, DingTalk, Feishu or Lark.

Apprise knows the addresses and which keys can be ones. What is sent and what comes back is dealt with here: these
services answer 200 to a wrong key too, and say in the body that they sent nothing.
"""

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from engine.clock import Clock, SystemClock
from engine.errors import Invalid
from engine.notices.channels.courier import Answer, Courier, judge
from engine.notices.channels.port import ChannelDown, Outgoing


@dataclass(frozen=True, kw_only=True)
class _Service:
    """What sets a service apart.

    Args:
        schema: by which Apprise knows it.
        path: of the address that the service shows for a robot, wherever it is hosted; its group is the key.
        attribute: where Apprise keeps the key that it has found to be one.
        payload: the text as the service wants it.
    """

    schema: str
    path: re.Pattern[str]
    attribute: str
    payload: Callable[[str], dict[str, Any]]


def _by_msgtype(text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}}


def _by_msg_type(text: str) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": text}}


_HOOK: Final = re.compile(r"/open-apis/bot/v2/hook/([\w-]+)/?")
_SERVICES: Final[Mapping[str, _Service]] = {
    "wecom": _Service(
        schema="wecombot", path=re.compile(r"/cgi-bin/webhook/send\?key=([\w-]+)"), attribute="key",
        payload=_by_msgtype,
    ),
    "dingtalk": _Service(
        schema="dingtalk", path=re.compile(r"/robot/send\?access_token=([\w-]+)"), attribute="token",
        payload=_by_msgtype,
    ),
    "feishu": _Service(schema="feishu", path=_HOOK, attribute="token", payload=_by_msg_type),
    "lark": _Service(schema="lark", path=_HOOK, attribute="token", payload=_by_msg_type),
}  # fmt: skip
ROBOTS: Final = tuple(_SERVICES)


@dataclass(frozen=True, kw_only=True)
class RobotChannel:
    """Says something in a group.

    Args:
        kind: `wecom`, `dingtalk`, `feishu` or `lark`.
        url: the robot's address as the service shows it, or Apprise's short form (`wecombot://key`).
        secret: of a robot that wants its messages signed (DingTalk, Feishu and Lark); empty where it does not.
    """

    kind: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    courier: Courier = field(default_factory=Courier)
    clock: Clock = field(default_factory=SystemClock)

    def send(self, notice: Outgoing) -> None:
        """Say one notice. These services know no idempotency key; a second sending is told by its number."""
        service = _SERVICES[self.kind]
        text = f"{notice.subject}\n{notice.body}".strip()
        body, query = service.payload(text), ""
        if self.secret and self.kind == "dingtalk":
            query = f"&{urlencode(_dingtalk_signature(self.secret, self._moment(1000)))}"
        elif self.secret and self.kind in ("feishu", "lark"):
            body |= _feishu_signature(self.secret, self._moment(1))
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "chuishao"}
        answer = self.courier.post(robot_address(self.kind, self.url) + query, orjson.dumps(body), headers)
        judge(answer)
        _judge_body(answer)

    def _moment(self, per_second: int) -> str:
        return str(round(self.clock.now().timestamp() * per_second))


def robot_address(kind: str, url: str) -> str:
    """Return where a robot is posted to.

    Args:
        kind: one of `ROBOTS`.
        url: see `RobotChannel`. A service that is hosted elsewhere (a government's own) keeps its host.

    Raises:
        Invalid: `robot-address`; it is no address of such a robot.
    """
    service, parts = _SERVICES[kind], urlsplit(url.strip())
    if parts.scheme in ("http", "https"):
        found = service.path.fullmatch(parts.path + (f"?{parts.query}" if parts.query else ""))
        if found and _known_to_apprise(service, f"{service.schema}://{found[1]}") is not None:
            return url.strip()
    elif parts.scheme == service.schema and (robot := _known_to_apprise(service, url.strip())) is not None:
        key, address = str(getattr(robot, service.attribute)), str(robot.notify_url).rstrip("/")
        return address.format(key=key, token=key) if "{" in address else f"{address}/{key}"
    raise Invalid(
        "robot-address", "This is no address of a robot of this kind. Copy it from the settings of the robot, whole."
    )


def _known_to_apprise(service: _Service, url: str) -> Any:
    from apprise import Apprise  # when something is sent: it is half a second's work to load

    found = Apprise.instantiate(url, suppress_exceptions=True)
    return found if found is not None and getattr(found, service.attribute, None) else None


def _dingtalk_signature(secret: str, moment: str) -> dict[str, str]:
    digest = hmac.digest(secret.encode(), f"{moment}\n{secret}".encode(), "sha256")
    return {"timestamp": moment, "sign": base64.b64encode(digest).decode()}


def _feishu_signature(secret: str, moment: str) -> dict[str, str]:
    digest = hmac.digest(f"{moment}\n{secret}".encode(), b"", "sha256")
    return {"timestamp": moment, "sign": base64.b64encode(digest).decode()}


def _judge_body(answer: Answer) -> None:
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        said = None
    codes = [said[name] for name in ("errcode", "code", "StatusCode") if name in said] if isinstance(said, dict) else []
    if codes and all(code == 0 for code in codes):
        return
    reason = str(said.get("errmsg") or said.get("msg") or "")[:200] if isinstance(said, dict) else ""
    raise ChannelDown(
        "robot-refused",
        "The robot did not say it: {reply} {reason}. Check its address, its secret and its keywords.",
        reply=codes[0] if codes else "no answer that can be read",
        reason=reason,
    )
