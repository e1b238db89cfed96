"""The pages: one factory. Everything below `engine` knows nothing of them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command that serves no page loads none of this: imports stand where the application is made
    from flask import Blueprint, Flask

    from config import Settings
    from engine.clock import Clock
    from web import current


def create_app(settings: "Settings", *, clock: "Clock | None" = None) -> "Flask":
    """Make the application.

    Args:
        settings: validated; see `config.Settings.from_env`.
        clock: what time it is; the host's clock when None.

    Returns:
        A WSGI application whose database is open. It starts no thread.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from engine.clock import SystemClock
    from web import current
    from web.courtesy import Readers, sign_of
    from web.drawing import SharedTemplate
    from web.portal.uploads import CappedRequest

    app = Flask(__name__)
    app.request_class = CappedRequest
    wiring = wire(settings, clock or SystemClock())
    app.extensions.update(current.attach(wiring))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    readers = Readers(app.wsgi_app, sign_of(settings.database_url))
    app.wsgi_app, wiring.runtime.hooks.give_way = readers, readers.give_way  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.template_class = SharedTemplate
    _set_up(app, settings)
    _register_areas(app)
    return app


def _set_up(app: "Flask", settings: "Settings") -> None:
    """Give the application what all of its areas use."""
    from web import presentation
    from web.database import init_database
    from web.errors import init_errors
    from web.guard import init_guard
    from web.health import init_health
    from web.languages import init_languages
    from web.logs import init_logs
    from web.migrating import migrate
    from web.words import init_words

    init_logs(app, trusted=bool(settings.trusted_proxies))
    init_guard(app, settings)
    init_database(app, settings.database_url)
    migrate.init_app(app)
    init_languages(app, str(settings.zone))
    init_health(app)
    init_errors(app)
    presentation.register(app)
    init_words(app)


def wire(settings: "Settings", clock: "Clock") -> "current.Wiring":
    """Put together what every request needs."""
    from engine.cases.blobs import BlobStore
    from engine.cases.runtime import case_runtime
    from engine.cases.vault import Vault
    from engine.proposals.performers import register_performers
    from engine.queueing.presence import Announcer
    from web import current

    vault = Vault(settings.field_key)
    runtime = case_runtime(vault, site=settings.public_url)
    register_performers(runtime.hooks, vault)
    if settings.database_url.startswith("postgresql"):
        runtime.hooks.queue = Announcer()
    return current.Wiring(
        settings=settings,
        clock=clock,
        vault=vault,
        blobs=BlobStore(settings.blob_dir),
        runtime=runtime,
    )


def _register_areas(app: "Flask") -> None:
    """Put the areas of the site in their places. Imported here: their views need what is set up above."""
    from web import navigation
    from web.absences.views import blueprint as absences
    from web.api import init_api
    from web.auth.access import init_access
    from web.auth.views import blueprint as auth
    from web.calendars.views import blueprint as calendars
    from web.cases import comments, files, reopening, searching
    from web.cases.assisting import blueprint as assisting
    from web.cases.offers import blueprint as offers
    from web.cases.parties import blueprint as parties
    from web.cases.serving import blueprint as serving
    from web.cases.standstill import blueprint as standstill
    from web.cases.tasks import blueprint as tasks
    from web.cases.verbs import blueprint as verbs
    from web.cases.views import blueprint as cases
    from web.cockpit.views import blueprint as cockpit
    from web.connectors.views import blueprint as connectors
    from web.escalations.signing import blueprint as escalations
    from web.feeds.views import blueprint as feeds
    from web.filing.views import blueprint as desk
    from web.funds.views import blueprint as funds
    from web.inbox.saved import blueprint as saved
    from web.inbox.views import blueprint as inbox
    from web.notices.settings import blueprint as settings
    from web.notices.views import blueprint as notices
    from web.portal.contact import blueprint as matter
    from web.portal.views import blueprint as portal
    from web.proposals.views import blueprint as proposals
    from web.sealing import init_sealing

    init_access(app)
    navigation.init_navigation(app)
    staff = (auth, absences, inbox, saved, tasks, verbs, cases, offers, parties, assisting, cockpit, escalations)
    beside = [area.blueprint for area in (comments, files, reopening, searching)]
    own = (*beside, calendars, serving, settings, connectors, funds)
    for blueprint in (*staff, notices, desk, *own, standstill, feeds, *_design_areas(), portal, matter, proposals):
        app.register_blueprint(blueprint)
    init_api(app)
    init_sealing(app)


def _design_areas() -> "tuple[Blueprint, ...]":
    from web.importing import blueprint as importing
    from web.play import blueprint as play
    from web.processes import blueprint as processes
    from web.workshop import blueprint as workshop

    return processes, workshop, importing, play
