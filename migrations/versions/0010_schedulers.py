"""Claims of timers, heartbeats of schedulers, periods of retention, and an index of what is not sealed yet."""

import sqlalchemy as sa
from alembic import op

revision = '0010_schedulers'
down_revision = '0009_calendars'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('scheduler',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ticked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ticks', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scheduler'))
    )
    op.create_table('retention_period',
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('set_by', sa.String(length=120), nullable=False),
    sa.CheckConstraint('days >= 1', name=op.f('ck_retention_period_days')),
    sa.PrimaryKeyConstraint('jurisdiction', 'key', name=op.f('pk_retention_period'))
    )
    with op.batch_alter_table('timer') as batch:
        batch.add_column(sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('claims', sa.Integer(), server_default='0', nullable=False))
    unsealed = sa.text('seal IS NULL')
    op.create_index(
        'ix_audit_event_unsealed', 'audit_event', ['at', 'case_id', 'seq', 'id'], unique=False,
        sqlite_where=unsealed, postgresql_where=unsealed,
    )


def downgrade() -> None:
    op.drop_index('ix_audit_event_unsealed', table_name='audit_event')
    with op.batch_alter_table('timer') as batch:
        batch.drop_column('claims')
        batch.drop_column('claimed_until')
    op.drop_table('retention_period')
    op.drop_table('scheduler')
