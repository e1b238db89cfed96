"""Parties of a case, and whose a resident's task is."""

import sqlalchemy as sa
from alembic import op

revision = '0005_parties'
down_revision = '0004_verbs'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_party',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=8), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('personal', sa.LargeBinary(), nullable=False),
    sa.Column('tracking_hmac', sa.String(length=64), nullable=True),
    sa.Column('pin_hash', sa.String(length=200), nullable=True),
    sa.Column('pin_failures', sa.Integer(), nullable=False),
    sa.Column('slip_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('added_by', sa.String(length=64), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_case_party_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_party')),
    sa.UniqueConstraint('case_id', 'key', name=op.f('uq_case_party_case_id_key')),
    sa.UniqueConstraint('tracking_hmac', name=op.f('uq_case_party_tracking_hmac'))
    )
    op.add_column('work_item', sa.Column('party', sa.String(length=8), nullable=True))


def downgrade() -> None:
    op.drop_column('work_item', 'party')
    op.drop_table('case_party')
