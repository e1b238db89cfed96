"""Runs that designers play survive the process that played them."""

import sqlalchemy as sa
from alembic import op

revision = '0019_play_runs'
down_revision = '0018_entered'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'play_run',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('jurisdiction', sa.String(length=64), nullable=False),
        sa.Column('owner', sa.Uuid(), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.Column('package', sa.LargeBinary(), nullable=False),
        sa.Column('others', sa.Text(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('steps', sa.Integer(), nullable=False),
        sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_play_run')),
    )
    op.create_index('ix_play_run_owner', 'play_run', ['owner', 'used_at'])
    op.create_index('ix_play_run_used', 'play_run', ['used_at'])


def downgrade() -> None:
    op.drop_index('ix_play_run_used', table_name='play_run')
    op.drop_index('ix_play_run_owner', table_name='play_run')
    op.drop_table('play_run')
