"""Let an inbox be counted by its index alone."""

import sqlalchemy as sa
from alembic import op

revision = '0006_wider_inbox_index'
down_revision = '0005_parties'
branch_labels = None
depends_on = None

INDEXES = {'ix_work_item_inbox': "state IN ('open', 'claimed')", 'ix_work_item_open': "state = 'open'"}
NARROW = ['inbox_key', 'due_at', 'id']


def _make(columns: list[str]) -> None:
    for name, condition in INDEXES.items():
        op.drop_index(name, table_name='work_item')
        op.create_index(name, 'work_item', columns, unique=False, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def upgrade() -> None:
    _make([*NARROW, 'state', 'excluded'])


def downgrade() -> None:
    _make(NARROW)
