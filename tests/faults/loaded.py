"""What every command of `chuishao` loads, loaded once: the processes of a test are forked off one that has it."""

from config import Settings
from engine.queueing import dispatcher, hands, worker
from web import create_app
from web.cli import backing, moving, server

LOADED = (dispatcher, hands, worker, backing, moving, server)
# an application loads its pages when it is made
create_app(Settings(database_url="sqlite:///:memory:", secret_key=b"k" * 32, field_key=bytes(32)))
