"""Add connectors, what people want of notices, unusable addresses, and what becomes of a notice."""

import sqlalchemy as sa
from alembic import op

revision = '0013_notices'
down_revision = '0012_migrations_of_cases'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('connector',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('least', sa.String(length=8), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('allowed', sa.Text(), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['org_unit.id'], name=op.f('fk_connector_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connector'))
    )
    op.create_table('notice_preference',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Boolean(), nullable=False),
    sa.Column('sms', sa.Boolean(), nullable=False),
    sa.Column('quiet_from', sa.String(length=5), nullable=True),
    sa.Column('quiet_until', sa.String(length=5), nullable=True),
    sa.Column('digest_at', sa.String(length=5), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_notice_preference_staff_id')),
    sa.PrimaryKeyConstraint('staff_id', name=op.f('pk_notice_preference'))
    )
    op.create_table('unusable_address',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=True),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('party', sa.String(length=8), nullable=True),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('address', sa.String(length=512), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_unusable_address_case_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_unusable_address_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unusable_address'))
    )
    op.create_index('ix_unusable_address_case', 'unusable_address', ['case_id'], unique=False)
    op.create_index('ix_unusable_address_staff', 'unusable_address', ['staff_id'], unique=False)
    with op.batch_alter_table('notice') as batch:
        batch.add_column(sa.Column('party', sa.String(length=8), nullable=True))
        batch.add_column(sa.Column('connector_id', sa.Uuid(), nullable=True))
        batch.add_column(sa.Column('reason', sa.Text(), nullable=True))
        batch.add_column(sa.Column('fallback', sa.Text(), nullable=False, server_default='[]'))
        batch.add_column(sa.Column('carried_by', sa.Uuid(), nullable=True))
        batch.create_foreign_key(op.f('fk_notice_connector_id'), 'connector', ['connector_id'], ['id'])
        batch.create_foreign_key(op.f('fk_notice_carried_by'), 'notice', ['carried_by'], ['id'])
    with op.batch_alter_table('notice') as batch:
        batch.alter_column('fallback', server_default=None)
    condition = sa.text("state = 'held'")
    op.create_index(
        'ix_notice_held', 'notice', ['next_try_at'], unique=False, sqlite_where=condition, postgresql_where=condition
    )


def downgrade() -> None:
    op.drop_index('ix_notice_held', table_name='notice')
    # what waits for a daily mail goes out by itself; what an older version has no word for is over
    op.execute("UPDATE notice SET state = 'pending' WHERE state = 'held'")
    op.execute("UPDATE notice SET state = 'sent' WHERE state = 'gathered'")
    op.execute("UPDATE notice SET state = 'dead' WHERE state IN ('replaced', 'withheld')")
    op.execute("DELETE FROM notice WHERE connector_id IS NOT NULL")
    with op.batch_alter_table('notice') as batch:
        batch.drop_constraint(op.f('fk_notice_carried_by'), type_='foreignkey')
        batch.drop_constraint(op.f('fk_notice_connector_id'), type_='foreignkey')
        for column in ('carried_by', 'fallback', 'reason', 'connector_id', 'party'):
            batch.drop_column(column)
    for table in ('unusable_address', 'notice_preference', 'connector'):
        op.drop_table(table)
