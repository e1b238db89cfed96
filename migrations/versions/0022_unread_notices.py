"""Unread notices are found without reading those that were read."""

import sqlalchemy as sa
from alembic import op

revision = '0022_unread_notices'
down_revision = '0021_claims_of_rungs'
branch_labels = None
depends_on = None

_UNREAD = sa.text("channel = 'app' AND read_at IS NULL")


def upgrade() -> None:
    op.create_index(
        'ix_notice_unread', 'notice', ['staff_id', 'created_at'], sqlite_where=_UNREAD, postgresql_where=_UNREAD
    )


def downgrade() -> None:
    op.drop_index('ix_notice_unread', table_name='notice')
