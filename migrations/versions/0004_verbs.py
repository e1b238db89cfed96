"""Absences, co-handlers, readers of a case, and what a work item knows of its way."""

import sqlalchemy as sa
from alembic import op

revision = '0004_verbs'
down_revision = '0003_linked_cases'
branch_labels = None
depends_on = None

ASKED = sa.text("state = 'asked'")


def upgrade() -> None:
    op.create_table('absence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('substitute_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=True),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('from_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_absence_staff_id')),
    sa.ForeignKeyConstraint(['substitute_id'], ['staff.id'], name=op.f('fk_absence_substitute_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['org_unit.id'], name=op.f('fk_absence_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absence'))
    )
    op.create_index('ix_absence_substitute_until', 'absence', ['substitute_id', 'until_at'], unique=False)
    op.create_index('ix_absence_staff_until', 'absence', ['staff_id', 'until_at'], unique=False)
    op.create_table('co_handler',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('work_item_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_co_handler_case_id')),
    sa.ForeignKeyConstraint(['work_item_id'], ['work_item.id'], name=op.f('fk_co_handler_work_item_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_co_handler_staff_id')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['staff.id'], name=op.f('fk_co_handler_asked_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_co_handler'))
    )
    op.create_index('ix_co_handler_item', 'co_handler', ['work_item_id'], unique=False)
    op.create_index('ix_co_handler_case', 'co_handler', ['case_id'], unique=False)
    op.create_index('uq_co_handler_asked', 'co_handler', ['work_item_id', 'staff_id'], unique=True,
                    sqlite_where=ASKED, postgresql_where=ASKED)
    op.create_index('ix_co_handler_staff', 'co_handler', ['staff_id', 'asked_at'], unique=False,
                    sqlite_where=ASKED, postgresql_where=ASKED)
    op.create_table('case_copy',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_case_copy_case_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_case_copy_staff_id')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_case_copy_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_copy')),
    sa.UniqueConstraint('case_id', 'staff_id', name=op.f('uq_case_copy_case_id_staff_id'))
    )
    op.create_index('ix_case_copy_staff', 'case_copy', ['staff_id', 'at'], unique=False)
    with op.batch_alter_table('work_item', schema=None) as batch_op:
        batch_op.add_column(sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('handed', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('trail', sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('work_item', schema=None) as batch_op:
        batch_op.drop_column('trail')
        batch_op.drop_column('handed')
        batch_op.drop_column('opened_at')
    op.drop_table('case_copy')
    op.drop_table('co_handler')
    op.drop_table('absence')
