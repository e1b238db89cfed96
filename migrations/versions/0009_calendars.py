"""Let calendars say who changed them and why, offices have hours of their own, and clocks what may stop them."""

import sqlalchemy as sa
from alembic import op

revision = '0009_calendars'
down_revision = '0008_inbox'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('duty_hours',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('calendar_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('hours', sa.Text(), nullable=True),
    sa.Column('author', sa.String(length=120), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['calendar_id'], ['calendar.id'], name=op.f('fk_duty_hours_calendar_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['org_unit.id'], name=op.f('fk_duty_hours_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_hours'))
    )
    with op.batch_alter_table('duty_hours', schema=None) as batch_op:
        batch_op.create_index('ix_duty_hours_unit', ['unit_id', 'created_at'], unique=False)
    with op.batch_alter_table('calendar', schema=None) as batch_op:
        batch_op.add_column(sa.Column('recount_since', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('calendar_version', schema=None) as batch_op:
        batch_op.add_column(sa.Column('author', sa.String(length=120), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('note', sa.Text(), nullable=False, server_default=''))
    with op.batch_alter_table('calendar_version', schema=None) as batch_op:
        batch_op.alter_column('author', server_default=None)
        batch_op.alter_column('note', server_default=None)
    op.add_column('clock', sa.Column('suspension', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('clock', 'suspension')
    with op.batch_alter_table('calendar_version', schema=None) as batch_op:
        batch_op.drop_column('note')
        batch_op.drop_column('author')
    with op.batch_alter_table('calendar', schema=None) as batch_op:
        batch_op.drop_column('recount_since')
    op.drop_table('duty_hours')
