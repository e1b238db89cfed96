"""Since when nothing is sent, after a restore, and who let it go on."""

import sqlalchemy as sa
from alembic import op

revision = '0017_notice_hold'
down_revision = '0016_drafts'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'notice_hold',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('held_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('backup_made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('released_by', sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_hold')),
    )


def downgrade() -> None:
    op.drop_table('notice_hold')
