"""Every knob of the application: read once from the environment, typed, validated, frozen."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine import failpoints

T = TypeVar("T")

PREFIX: Final = "CHUISHAO_"
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("0", "false", "no", "off")
#: one of several hosts of a database
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]@]+)(?::(?P<port>\d{1,5}))?")


class SettingsError(ValueError):
    """The environment cannot be used. `problems` maps a key to what is wrong with it and what to do."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{key}: {problem}" for key, problem in self.problems.items()))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an installation can set, each field by `CHUISHAO_<FIELD>`; those without a default are required."""

    #: `sqlite:///path` or `postgresql+psycopg://user:password@host/name`
    database_url: str
    #: at least 32 bytes; signs cookies and forms. A new one signs everybody out
    secret_key: bytes = field(repr=False)
    #: 32 bytes in base64; seals residents' personal data (AES-256-GCM). Lose it and the data is lost
    field_key: bytes = field(repr=False)
    #: where attachments lie, each under its SHA-256
    blob_dir: Path = Path("var/blobs")
    #: `smtp://[user:password@]host[:port]` or `smtps://…`; None: no mail is sent, notices stay in the application
    smtp_url: str | None = field(default=None, repr=False)
    #: the address that mails come from
    mail_from: str = "chuishao@localhost"
    #: how this installation is reached from outside; links in notices begin with it
    public_url: str = "http://127.0.0.1:8000"
    #: whose calendars, ladders and organisation apply
    jurisdiction: str = "district"
    #: the zone of closes of business and day boundaries
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    #: a session without a request for this long ends
    session_idle: timedelta = timedelta(minutes=120)
    #: a session ends after this long, whatever happens in it
    session_lifetime: timedelta = timedelta(hours=12)
    #: sign-in attempts of one address
    rate_sign_in: str = "10 per minute; 60 per hour"
    #: filings and look-ups of one address in the portal
    rate_portal: str = "30 per minute; 300 per hour"
    #: bytes of one request's body, attachments included
    upload_limit: int = 40 * 1024 * 1024
    #: how many proxies in front set X-Forwarded-*; 0: nobody may
    trusted_proxies: int = 0
    #: reading /metrics from another machine needs `Authorization: Bearer` with this; None: loopback only
    metrics_token: str | None = field(default=None, repr=False)
    #: demonstration: a movable clock and a mailbox page. Never where real residents file
    demo: bool = False
    #: run the scheduler's ticks inside the web process
    scheduler_embedded: bool = True
    #: moments at which a process ends, fails or waits on purpose, see `engine.failpoints`; for tests only
    failpoints: str | None = None
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings.

        Args:
            environ: variables by name, such as `os.environ`; names without the prefix are ignored.

        Returns:
            The validated settings.

        Raises:
            SettingsError: one or more keys are missing, unknown or unusable; all of them are named.
        """
        problems: dict[str, str] = {}
        values: dict[str, Any] = {}
        given = {key.removeprefix(PREFIX): value for key, value in environ.items() if key.startswith(PREFIX)}
        for name, (parse, required) in _FIELDS.items():
            text = given.pop(name.upper(), "").strip()
            if text:
                try:
                    values[name] = parse(text)
                except ValueError as error:
                    problems[PREFIX + name.upper()] = str(error)
            elif required:
                problems[PREFIX + name.upper()] = f"is missing. {required}"
        for name in given:
            problems[PREFIX + name] = "is no setting of this version. Remove it or correct its name"
        if problems:
            raise SettingsError(problems)
        return cls(**values)

    @property
    def secure(self) -> bool:
        """Whether residents reach this installation by https, so that cookies may insist on it."""
        return self.public_url.startswith("https://")


def read_env_file(path: Path) -> dict[str, str]:
    """Read `KEY=value` lines; blank lines and `#` comments are skipped.

    Raises:
        SettingsError: the file is absent or a line is not of this form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SettingsError({str(path): f"cannot be read ({error.strerror}). Make it with `chuishao init`"}) from error
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise SettingsError({f"{path}:{number}": "is no KEY=value line. Correct or remove it"})
        values[key.strip()] = value.strip()
    return values


def database_url(text: str) -> str:
    """Return the address of a database as its library reads it.

    Raises:
        ValueError: it is none, with what to write instead.
    """
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg://" + text.removeprefix("postgresql://")
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("is neither SQLite nor PostgreSQL. Use sqlite:///path or postgresql://user:password@host/name")
    if text.startswith("sqlite:///") and text != "sqlite:///:memory:":
        return (
            f"sqlite:///{Path(text.removeprefix('sqlite:///')).resolve()}"  # nobody else decides what it is relative to
        )
    return _with_a_port_each(_of_several_hosts(text)) if text.startswith("postgresql") else text


def _with_a_port_each(text: str) -> str:
    """Say one port for several hosts once for each, as libpq means it and SQLAlchemy does not."""
    parts = urlsplit(text)
    said = dict(parse_qsl(parts.query))
    before = parts.netloc.rpartition("@")[2]
    if "," in before and "host" not in said and "port" in said:
        return _with_a_port_each(text.replace(f"{before}/", "/", 1) + f"&host={before}")
    hosts, ports = (said.get(name, "").split(",") for name in ("host", "port"))
    if len(ports) not in (1, len(hosts)):
        raise ValueError(f"names {len(hosts)} hosts and {len(ports)} ports. Give one port, or one for each host")
    if len(ports) == len(hosts) or not ports[0]:
        return text
    return re.sub(r"(?<=[?&]port=)[^&]*", ",".join(ports * len(hosts)), text)


def _of_several_hosts(text: str) -> str:
    """Say several hosts with ports of their own in words that SQLAlchemy, libpq and pg_dump read alike."""
    scheme, rest = text.split("://", 1)
    authority, slash, name = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    if "," not in hosts or ":" not in hosts:
        return text
    found = [_HOST.fullmatch(each) for each in hosts.split(",")]
    if not all(found) or not slash:
        raise ValueError("names several hosts unreadably. Use postgresql://user:password@one:5432,two:5432/name")
    names, ports = (",".join(each[part] or "5432" for each in found if each) for part in ("name", "port"))
    name, _, query = name.partition("?")
    return f"{scheme}://{user}{at}/{name}?host={names.replace('[', '').replace(']', '')}&port={ports}" + (
        f"&{query}" if query else ""
    )


def _secret(text: str) -> bytes:
    if len(text.encode()) < 32:
        raise ValueError("is shorter than 32 bytes. Make one with `chuishao init`")
    return text.encode()


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("is not 32 bytes in base64. Make one with `chuishao init`")
    return key


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"is no address of the form {' or '.join(scheme + '://host' for scheme in schemes)}")
        return text.rstrip("/")

    return parse


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{text} is no time zone. Use a name such as Asia/Shanghai") from error


def _flag(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("is neither on nor off. Use 1 or 0")
    return text.lower() in _TRUE


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"is no whole number from {least} to {most}")
        return int(text)

    return parse


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=_whole(1, 60 * 24 * 31)(text))


def _rate(text: str) -> str:
    each = r"\d+ per (second|minute|hour|day)"
    if not re.fullmatch(rf"{each}(; ?{each})*", text):
        raise ValueError("is no rate. Write it as `10 per minute; 60 per hour`")
    return text


def _failpoints(text: str) -> str:
    failpoints.read(text)
    return text


def _matching(pattern: str, hint: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(hint)
        return text

    return parse


#: how each field is parsed, and what to say when a required one is missing
_FIELDS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "database_url": (database_url, "Say where the data lies, e.g. sqlite:///var/chuishao.sqlite"),
    "secret_key": (_secret, "Make one with `chuishao init`"),
    "field_key": (_key, "Make one with `chuishao init`"),
    "blob_dir": (Path, ""),
    "smtp_url": (_url("smtp", "smtps"), ""),
    "mail_from": (_matching(r"[^@\s]+@[^@\s]+", "is no mail address"), ""),
    "public_url": (_url("http", "https"), ""),
    "jurisdiction": (_matching(r"[a-z0-9][a-z0-9-]{0,63}", "may have small letters, digits and hyphens only"), ""),
    "zone": (_zone, ""),
    "session_idle": (_minutes, ""),
    "session_lifetime": (_minutes, ""),
    "rate_sign_in": (_rate, ""),
    "rate_portal": (_rate, ""),
    "upload_limit": (_whole(1024, 2**31), ""),
    "trusted_proxies": (_whole(0, 9), ""),
    "metrics_token": (_matching(r"\S{16,}", "is shorter than 16 characters"), ""),
    "demo": (_flag, ""),
    "scheduler_embedded": (_flag, ""),
    "failpoints": (_failpoints, ""),
    "log_level": (_matching("|".join(_LEVELS), f"is none of {', '.join(_LEVELS)}"), ""),
}
