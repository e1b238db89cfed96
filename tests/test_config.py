import base64
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql import psycopg

from config import _FIELDS, Settings, SettingsError, database_url, read_env_file

GOOD = {
    "CHUISHAO_DATABASE_URL": "sqlite:///var/x.sqlite",
    "CHUISHAO_SECRET_KEY": "s" * 40,
    "CHUISHAO_FIELD_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
}


def test_required_keys_suffice_and_foreign_variables_are_ignored() -> None:
    settings = Settings.from_env({**GOOD, "HOME": "elsewhere", "CHUISHAO_SMTP_URL": ""})
    assert settings.field_key == bytes(range(32))
    assert settings.smtp_url is None
    assert settings.scheduler_embedded


def test_every_field_can_be_set() -> None:
    assert set(_FIELDS) == {each.name for each in fields(Settings)}


def test_missing_keys_are_all_named_with_what_to_do() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({})
    assert set(caught.value.problems) == set(GOOD)
    assert all("is missing. " in problem for problem in caught.value.problems.values())


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x", "neither SQLite nor PostgreSQL"),  # a database that we do not know
        ("DATABASE_URL", "postgresql://u@one:x,two:1/d", "several hosts unreadably"),  # no port
        ("DATABASE_URL", "postgresql://u@/d?host=a,b,c&port=1,2", "3 hosts and 2 ports"),
        ("SECRET_KEY", "short", "shorter than 32 bytes"),  # a guessable key
        ("FIELD_KEY", "c2hvcnQ=", "not 32 bytes"),  # too short for AES-256
        ("FIELD_KEY", "***", "not 32 bytes"),  # no base64 at all
        ("PUBLIC_URL", "example.org", "no address"),  # the scheme is missing
        ("SMTP_URL", "mailto://x", "no address"),  # another scheme
        ("ZONE", "Mars/Olympus", "no time zone"),  # unknown zone
        ("SESSION_IDLE", "soon", "no whole number"),  # not a number
        ("SESSION_IDLE", "0", "no whole number"),  # nobody could ever sign in
        ("RATE_PORTAL", "lots", "no rate"),  # not a rate
        ("DEMO", "maybe", "neither on nor off"),  # not a flag
        ("LOG_LEVEL", "LOUD", "none of"),  # unknown level
        ("COLOUR", "red", "no setting of this version"),  # a misspelt key is not silently ignored
    ],
)
def test_bad_value_names_its_key(key: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**GOOD, f"CHUISHAO_{key}": value})
    assert list(caught.value.problems) == [f"CHUISHAO_{key}"]
    assert says in caught.value.problems[f"CHUISHAO_{key}"]


def test_values_are_typed() -> None:
    settings = Settings.from_env(
        {**GOOD, "CHUISHAO_DATABASE_URL": "postgresql://h/d", "CHUISHAO_SESSION_IDLE": "15", "CHUISHAO_DEMO": "on"}
    )
    assert settings.database_url == "postgresql+psycopg://h/d"
    assert settings.session_idle == timedelta(minutes=15)
    assert settings.demo is True


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("u:p@one,two/d?target_session_attrs=read-write", "u:p@one,two/d?target_session_attrs=read-write"),
        ("u@one:1,two/d?connect_timeout=3", "u@/d?host=one,two&port=1,5432&connect_timeout=3"),
        ("u:p@[::1]:1,[::2]:2/d", "u:p@/d?host=::1,::2&port=1,2"),
        ("u@/d?host=one,two&port=5433&connect_timeout=3", "u@/d?host=one,two&port=5433,5433&connect_timeout=3"),
        ("u@one,two/d?port=5433", "u@/d?port=5433,5433&host=one,two"),
    ],
)
def test_a_database_on_several_hosts_is_said_in_words_that_every_library_reads(given: str, read: str) -> None:
    assert database_url(f"postgresql://{given}") == f"postgresql+psycopg://{read}"
    _, named = psycopg.dialect().create_connect_args(make_url(database_url(f"postgresql://{given}")))
    assert len(named["host"].split(",")) == 2


def test_keys_are_not_printed() -> None:
    text = repr(Settings.from_env(GOOD))
    assert "s" * 40 not in text
    assert "field_key" not in text


def test_env_file_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("# a comment\n\nCHUISHAO_DEMO = 1\nA=b=c\n")
    assert read_env_file(path) == {"CHUISHAO_DEMO": "1", "A": "b=c"}
    path.write_text("nonsense\n")
    with pytest.raises(SettingsError, match=r"x\.env:1"):
        read_env_file(path)
    with pytest.raises(SettingsError, match="chuishao init"):
        read_env_file(tmp_path / "absent.env")
