"""Short messages: through a gateway that takes HTTP, or through a service that Apprise knows."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import orjson

from engine.errors import Invalid
from engine.notices.channels.courier import Answer, Courier, judge
from engine.notices.channels.port import AddressRefused, ChannelDown, Outgoing, TemporaryFailure

#: Services for short messages that Apprise knows, each with a public address of its own.
SERVICES: Final = frozenset(
    {
        "atalk", "bulksms", "bulkvs", "burstsms", "clickatell", "d7sms", "httpsms", "msg91", "msgbird",
        "nexmo", "octopush", "plivo", "sinch", "twilio", "voipms", "vonage",
    }
)  # fmt: skip
_NUMBER: Final = re.compile(r"\+?\d{5,15}")
#: Seconds that a service may take to be reached, and to answer.
_TIMEOUT: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an answer has to say: a field of its JSON (`data.code`) and the values that mean it."""

    field: str
    values: tuple[str, ...]

    def holds(self, said: Any) -> bool:
        """Say whether an answer says so."""
        for name in self.field.split("."):
            said = said.get(name) if isinstance(said, Mapping) else None
        return said is not None and str(said) in self.values


@dataclass(frozen=True, kw_only=True)
class GatewayChannel:
    """A gateway that takes a POST for each message.

    Args:
        url: where to.
        body: what is posted; `{to}`, `{text}` and `{key}` in its texts are filled in.
        form: posted as a form; else as JSON.
        headers: such as `Authorization`.
        accepted: what it says of a message that it took; None: any answer of 2xx will do.
        nobody: what it says of a number that there is not.
    """

    url: str = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)
    form: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    accepted: Expected | None = None
    nobody: Expected | None = None
    courier: Courier = field(default_factory=Courier)

    def send(self, notice: Outgoing) -> None:
        """Send one message; its text is subject and body in one."""
        facts = {"to": _number(notice.address), "text": _text(notice), "key": notice.key}
        filled = _filled(dict(self.body), facts)
        content = urlencode(filled).encode() if self.form else orjson.dumps(filled)
        kind = "application/x-www-form-urlencoded" if self.form else "application/json"
        headers = {"Content-Type": f"{kind}; charset=utf-8", "User-Agent": "chuishao", "Idempotency-Key": notice.key}
        answer = self.courier.post(self.url, content, headers | dict(self.headers))
        self._judge(answer)

    def _judge(self, answer: Answer) -> None:
        try:
            said = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            said = None
        if self.nobody is not None and self.nobody.holds(said):
            raise AddressRefused("sms-number", "The gateway says that there is no such number.")
        judge(answer)
        if self.accepted is not None and not self.accepted.holds(said):
            raise TemporaryFailure(
                "sms-refused",
                "The gateway did not take it: {reason}.",
                reason=answer.body[:200].decode("utf-8", "replace"),
            )


@dataclass(frozen=True, kw_only=True)
class ServiceChannel:
    """A service that Apprise knows, and carries to. It says no more than yes or no; why not stands in its log.

    Args:
        url: Apprise's, with `{to}` where the number goes: `twilio://SID:TOKEN@SENDER/{to}`.
    """

    url: str = field(repr=False)

    def send(self, notice: Outgoing) -> None:
        """Send one message."""
        import apprise

        capture: Any = apprise.LogCapture
        service = apprise_service(self.url, _number(notice.address))
        with capture(level=logging.WARNING) as log:
            accepted = bool(service.notify(body=_text(notice), title=""))
            reason = " ".join(log.getvalue().split())[-300:]
        if not accepted:
            raise ChannelDown("sms-service", "The service did not take it: {reason}", reason=reason)


def apprise_service(url: str, number: str) -> Any:
    """Return Apprise's way to a number.

    Raises:
        Invalid: `sms-service-address`; it is none of `SERVICES`, has no place for the number, or cannot be read.
    """
    from apprise import Apprise

    if urlsplit(url).scheme in SERVICES and "{to}" in url:
        found = Apprise.instantiate(url.replace("{to}", quote(number)), suppress_exceptions=True)
        if found is not None:
            return _held_to_the_rules(found)
    raise Invalid(
        "sms-service-address",
        "This is no address of a service for short messages. Write it as Apprise does, with {to} for the number.",
        to="{to}",
    )


def _held_to_the_rules(service: Any) -> Any:
    """Take back what an address can ask Apprise for: no redirects, certificates checked, no waiting, one try."""
    service.redirects, service.verify_certificate = False, True
    service.retry, service.wait = 0, 0
    service.socket_connect_timeout, service.socket_read_timeout = _TIMEOUT, _TIMEOUT
    return service


def _number(address: str) -> str:
    number = re.sub(r"[\s()-]", "", address)
    if not _NUMBER.fullmatch(number):
        raise AddressRefused("notice-number", "It has no usable telephone number. Correct the number.")
    return number


def _text(notice: Outgoing) -> str:
    return f"{notice.subject}\n{notice.body}".strip()


def _filled(value: Any, facts: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\{(to|text|key)\}", lambda found: facts[found[1]], value)
    if isinstance(value, Mapping):
        return {name: _filled(each, facts) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, facts) for each in value]
    return value
