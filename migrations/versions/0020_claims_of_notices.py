"""A notice counts the senders that died of it, apart from the attempts that were answered."""

import sqlalchemy as sa
from alembic import op

revision = '0020_claims_of_notices'
down_revision = '0019_play_runs'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('notice') as batch:
        batch.add_column(sa.Column('claims', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('notice') as batch:
        batch.drop_column('claims')
