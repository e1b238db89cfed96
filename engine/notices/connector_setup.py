"""A connector as somebody typed it, checked before anything is kept."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from engine.errors import EngineError, Invalid
from engine.forms.messages import N_
from engine.notices.channels import ROBOTS, apprise_service, new_secret, robot_address
from engine.notices.channels.addresses import read_networks
from engine.notices.channels.courier import resolve

KINDS: Final = ("webhook", *ROBOTS, "sms")
#: The lowest rung that a connector can ask for; empty: every notice.
LEAST: Final = ("", "L0", "L1", "L2", "L3", "L4")
REQUIRED: Final = N_("Please fill in this field.")
BODY_WRONG: Final = N_(
    'Write a JSON object with {to} and {text} in it, such as {"mobile": "{to}", "content": "{text}"}.'
)
HEADERS_WRONG: Final = N_("Write one header a line: Name: value.")
ANSWER_WRONG: Final = N_("Write the field and the values that mean it: code=0,OK.")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}: ?[\x21-\x7e][\x20-\x7e]{0,1000}")
_ANSWER: Final = re.compile(r"[\w.-]{1,64}=[^=]{1,200}")


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A connector as somebody typed it. On a change, what is empty of the secret parts stays as it was.

    Args:
        url: where to; a robot's address as its service shows it; Apprise's form for a service of short messages.
        unit: code of the unit whose notices it is told of, with those below; empty: everybody's.
        allowed: networks of one's own that it may lead to.
        secret: of a robot that wants its messages signed. A webhook's are made here.
        body, headers, accepted, nobody: of a gateway for short messages; see `GatewayChannel`.
    """

    name: str
    kind: str
    url: str = field(default="", repr=False)
    unit: str = ""
    least: str = ""
    allowed: tuple[str, ...] = ()
    locale: str = "zh_CN"
    secret: str = field(default="", repr=False)
    body: str = field(default="", repr=False)
    form: bool = False
    headers: str = field(default="", repr=False)
    accepted: str = ""
    nobody: str = ""


def read_setup(setup: Setup, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be sealed of a connector.

    Args:
        known: what was sealed of it before.

    Raises:
        Invalid: `connector-invalid`; `facts["fields"]` has every mistake.
    """
    fields: dict[str, list[Any]] = {}
    if not 1 <= len(setup.name.strip()) <= 80:
        fields["name"] = [REQUIRED]
    if setup.kind not in KINDS or setup.least not in LEAST:
        raise Invalid("connector-kind", "There is no connector of the kind {kind}.", kind=setup.kind)
    secrets = dict(known) | ({"url": setup.url.strip()} if setup.url.strip() else {})
    with _collecting(fields, "allowed"):
        read_networks(each for each in setup.allowed if each.strip())
    if not secrets.get("url"):
        fields["url"] = [REQUIRED]
    elif "allowed" not in fields:
        with _collecting(fields, "url"):
            _check_address(setup, secrets["url"])
    if setup.kind == "webhook":
        secrets.setdefault("secrets", [new_secret()])
    elif setup.kind == "sms":
        secrets |= _gateway(setup, secrets, fields)
    elif setup.secret.strip():
        secrets["secrets"] = [setup.secret.strip()]
    if fields:
        raise Invalid(
            "connector-invalid", "The connector cannot be set up like this. Nothing was changed.", fields=fields
        )
    return secrets


def _check_address(setup: Setup, url: str) -> None:
    allowed = read_networks(each for each in setup.allowed if each.strip())
    if setup.kind == "webhook" or (setup.kind == "sms" and url.startswith(("http://", "https://"))):
        resolve(url, allowed)
    elif setup.kind == "sms":
        apprise_service(url, "+8613800138000")
    else:
        # where a service is public its name need not be known yet; what it leads to is looked at with every sending
        address = robot_address(setup.kind, url)
        try:
            resolve(address, allowed)
        except Invalid as error:
            if error.code != "address-unknown":
                raise


def _gateway(setup: Setup, known: Mapping[str, Any], fields: dict[str, list[Any]]) -> dict[str, Any]:
    if not str(known.get("url", "")).startswith(("http://", "https://")):
        return {}
    found: dict[str, Any] = {"form": setup.form, "body": known.get("body"), "headers": known.get("headers", {})}
    if setup.body.strip():
        body = None
        with suppress(orjson.JSONDecodeError):
            body = orjson.loads(setup.body)
        found["body"] = (
            body if isinstance(body, dict) and all(f"{{{n}}}" in setup.body for n in ("to", "text")) else None
        )
    if not found["body"]:
        fields["body"] = [BODY_WRONG]
    lines = [line.strip() for line in setup.headers.splitlines() if line.strip()]
    if any(not _HEADER.fullmatch(line) for line in lines):
        fields["headers"] = [HEADERS_WRONG]
    elif lines:
        found["headers"] = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    for name, text in (("accepted", setup.accepted.strip()), ("nobody", setup.nobody.strip())):
        if text and not _ANSWER.fullmatch(text):
            fields[name] = [ANSWER_WRONG]
        elif text:
            path, _, values = text.partition("=")
            found[name] = {"field": path, "values": [each.strip() for each in values.split(",")]}
        else:
            found[name] = None
    return found


@contextmanager
def _collecting(fields: dict[str, list[Any]], name: str) -> Iterator[None]:
    """Put the error of a block beside a field, in the words of the error."""
    try:
        yield
    except EngineError as error:
        fields.setdefault(name, []).append(error.message)
