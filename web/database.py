"""The database of the pages: one session a request, on the engine's own declarative base."""

from typing import Final, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from engine import tables
from engine.db import Base, prepare

db: Final = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})

assert db.metadatas[None] is tables.metadata, "pages and engine must see the same tables"


def init_database(app: Flask, url: str) -> None:
    """Open the database at `url` for `app`, with what each kind needs to keep its promises."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    # parameters carry what residents wrote: no error message and no log may repeat them
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"hide_parameters": True, "pool_pre_ping": url.startswith("postgresql")}
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def session() -> Session:
    """Return the request's session."""
    return cast(Session, db.session())
