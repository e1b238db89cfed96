"""What becomes of a rung: signed, acknowledged in time or raised; and calendar feeds of people's own due dates."""

import sqlalchemy as sa
from alembic import op

revision = '0011_signatures'
down_revision = '0010_schedulers'
branch_labels = None
depends_on = None

_ASKED = sa.text('asked_until IS NOT NULL')


def upgrade() -> None:
    with op.batch_alter_table('rung') as batch:
        batch.add_column(sa.Column('asked_until', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('chased', sa.Integer(), server_default='0', nullable=False))
        batch.add_column(sa.Column('raised_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('raised_to', sa.Text(), nullable=True))
        batch.add_column(sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('signed_by', sa.Uuid(), nullable=True))
        batch.add_column(sa.Column('document_id', sa.Uuid(), nullable=True))
        batch.create_foreign_key(op.f('fk_rung_signed_by'), 'staff', ['signed_by'], ['id'])
        batch.create_foreign_key(op.f('fk_rung_document_id'), 'document', ['document_id'], ['id'])
        batch.create_index('ix_rung_asked', ['asked_until'], unique=False, sqlite_where=_ASKED, postgresql_where=_ASKED)
    op.create_table('calendar_feed',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_calendar_feed_staff_id')),
    sa.PrimaryKeyConstraint('staff_id', name=op.f('pk_calendar_feed')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_calendar_feed_token_sha256'))
    )


def downgrade() -> None:
    op.drop_table('calendar_feed')
    with op.batch_alter_table('rung') as batch:
        batch.drop_index('ix_rung_asked')
        batch.drop_constraint(op.f('fk_rung_document_id'), type_='foreignkey')
        batch.drop_constraint(op.f('fk_rung_signed_by'), type_='foreignkey')
        for column in ('document_id', 'signed_by', 'signed_at', 'raised_to', 'raised_at', 'chased', 'asked_until'):
            batch.drop_column(column)
