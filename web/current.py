"""What a view may ask about its request: the session, the time, the settings, who acts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from flask import current_app, g
from flask_login import current_user
from sqlalchemy.orm import Session

from config import Settings
from engine.audit import Actor
from engine.cases.blobs import BlobStore
from engine.cases.handling import Acting
from engine.cases.vault import Vault
from engine.clock import Clock
from engine.errors import Forbidden
from engine.instances.runtime import Runtime
from engine.organisation.models import Staff
from engine.organisation.policy import Viewer, viewer_for
from web import database

_KEY: Final = "chuishao"


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """What an application was made with."""

    settings: Settings
    clock: Clock
    vault: Vault
    blobs: BlobStore
    runtime: Runtime


def attach(wiring: Wiring) -> dict[str, Wiring]:
    """Return the entry of `app.extensions` under which this module finds `wiring` again."""
    return {_KEY: wiring}


def _wiring() -> Wiring:
    return cast(Wiring, current_app.extensions[_KEY])


def settings() -> Settings:
    """Return the settings of this installation."""
    return _wiring().settings


def now() -> datetime:
    """Return the time by the application's clock, aware."""
    return _wiring().clock.now()


def clock() -> Clock:
    """Return the application's clock."""
    return _wiring().clock


def wake() -> None:
    """Let whoever carries due work in this process look for it now."""
    runtime().hooks.wake()


def vault() -> Vault:
    """Return what seals and opens personal fields."""
    return _wiring().vault


def blobs() -> BlobStore:
    """Return where attachments lie."""
    return _wiring().blobs


def runtime() -> Runtime:
    """Return what moves processes."""
    return _wiring().runtime


def session() -> Session:
    """Return the request's database session."""
    return database.session()


def staff() -> Staff:
    """Return who is signed in.

    Raises:
        Forbidden: nobody is.
    """
    if not current_user.is_authenticated:
        raise Forbidden("sign-in-required", "Sign in first.")
    return cast(Staff, current_user.staff)


def actor() -> Actor:
    """Return who is signed in, for the audit log."""
    return Actor.staff(staff())


def viewer() -> Viewer:
    """Return who is signed in as the policy sees them: with their roles and units."""
    if "viewer" not in g:
        g.viewer = viewer_for(session(), staff(), now())
    return cast(Viewer, g.viewer)


def acting() -> Acting:
    """Return who is signed in as the verbs take them: with what the policy says, what moves processes, and the time."""
    return Acting(session=session(), runtime=runtime(), viewer=viewer(), staff=staff(), now=now())
