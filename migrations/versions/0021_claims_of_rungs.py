"""A rung counts who died of it, and is left alone while somebody has it."""

import sqlalchemy as sa
from alembic import op

revision = '0021_claims_of_rungs'
down_revision = '0020_claims_of_notices'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('rung') as batch:
        batch.add_column(sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('claims', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('rung') as batch:
        batch.drop_column('claims')
        batch.drop_column('claimed_until')
