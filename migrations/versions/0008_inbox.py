"""The filter with which an inbox opens; and somebody's drafts, found at once."""

import sqlalchemy as sa
from alembic import op

revision = '0008_inbox'
down_revision = '0007_proposals'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_draft_staff', 'draft', ['staff_id', 'saved_at'], unique=False)
    op.create_table('default_filter',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('filter_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['filter_id'], ['saved_filter.id'], name=op.f('fk_default_filter_filter_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_default_filter_staff_id')),
    sa.PrimaryKeyConstraint('staff_id', name=op.f('pk_default_filter'))
    )


def downgrade() -> None:
    op.drop_table('default_filter')
    op.drop_index('ix_draft_staff', table_name='draft')
