"""What the form of a task took is kept with the task."""

import sqlalchemy as sa
from alembic import op

revision = '0018_entered'
down_revision = '0017_notice_hold'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('work_item') as batch:
        batch.add_column(sa.Column('entered', sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('work_item') as batch:
        batch.drop_column('entered')
