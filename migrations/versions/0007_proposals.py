"""The community fund, and what is public of proposals."""

import sqlalchemy as sa
from alembic import op

revision = '0007_proposals'
down_revision = '0006_wider_inbox_index'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('fund_grant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('unit_code', sa.String(length=64), nullable=False),
    sa.Column('from_year', sa.Integer(), nullable=False),
    sa.Column('yearly', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('yearly >= 0', name=op.f('ck_fund_grant_yearly')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fund_grant')),
    sa.UniqueConstraint('jurisdiction', 'unit_code', 'from_year', name=op.f('uq_fund_grant_jurisdiction_unit_code_from_year'))
    )
    op.create_table('fund_account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('granted', sa.BigInteger(), nullable=False),
    sa.Column('reserved', sa.BigInteger(), nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('granted - reserved - paid >= 0', name=op.f('ck_fund_account_never_negative')),
    sa.CheckConstraint('reserved >= 0 AND paid >= 0', name=op.f('ck_fund_account_parts')),
    sa.ForeignKeyConstraint(['unit_id'], ['org_unit.id'], name=op.f('fk_fund_account_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fund_account')),
    sa.UniqueConstraint('unit_id', 'year', name=op.f('uq_fund_account_unit_id_year'))
    )
    op.create_table('fund_reservation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.Column('released', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount - paid - released >= 0', name=op.f('ck_fund_reservation_never_negative')),
    sa.CheckConstraint('paid >= 0 AND released >= 0', name=op.f('ck_fund_reservation_parts')),
    sa.ForeignKeyConstraint(['account_id'], ['fund_account.id'], name=op.f('fk_fund_reservation_account_id')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_fund_reservation_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fund_reservation')),
    sa.UniqueConstraint('case_id', 'account_id', name=op.f('uq_fund_reservation_case_id_account_id'))
    )
    op.create_table('fund_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('by', sa.String(length=120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_fund_entry_amount')),
    sa.ForeignKeyConstraint(['account_id'], ['fund_account.id'], name=op.f('fk_fund_entry_account_id')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_fund_entry_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fund_entry'))
    )
    op.create_index('ix_fund_entry_account', 'fund_entry', ['account_id', 'id'], unique=False)
    op.create_index('ix_fund_entry_case', 'fund_entry', ['case_id', 'id'], unique=False)
    op.create_table('publication',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('place_path', sa.String(length=512), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('open_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_publication_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publication'))
    )
    op.create_index('ix_publication_case', 'publication', ['case_id', 'published_at'], unique=False)
    op.create_index('ix_publication_place', 'publication', ['jurisdiction', 'place_path'], unique=False)
    op.create_table('proposal_second',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('household_mac', sa.String(length=64), nullable=False),
    sa.Column('phone_mac', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_proposal_second_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal_second')),
    sa.UniqueConstraint('case_id', 'household_mac', name=op.f('uq_proposal_second_case_id_household_mac')),
    sa.UniqueConstraint('case_id', 'phone_mac', name=op.f('uq_proposal_second_case_id_phone_mac'))
    )
    op.create_table('proposal_follower',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('code_mac', sa.String(length=64), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_proposal_follower_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal_follower')),
    sa.UniqueConstraint('code_mac', name=op.f('uq_proposal_follower_code_mac'))
    )
    op.create_index('ix_proposal_follower_case', 'proposal_follower', ['case_id'], unique=False)
    op.create_table('objection',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('publication_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('result', sa.String(length=16), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_objection_case_id')),
    sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_objection_publication_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_objection_case_id_number'))
    )


def downgrade() -> None:
    for table in (
        'objection', 'proposal_follower', 'proposal_second', 'publication', 'fund_entry', 'fund_reservation',
        'fund_account', 'fund_grant',
    ):
        op.drop_table(table)
