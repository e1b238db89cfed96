"""Drafts of process packages, and who has one open."""

import sqlalchemy as sa
from alembic import op

revision = '0016_drafts'
down_revision = '0015_gaps'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('process_draft',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=True),
    sa.Column('newest_number', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('author', sa.String(length=120), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_by', sa.String(length=120), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deployed_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['version_id'], ['process_version.id'], name=op.f('fk_process_draft_version_id')),
    sa.ForeignKeyConstraint(['deployed_id'], ['process_version.id'], name=op.f('fk_process_draft_deployed_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_process_draft'))
    )
    op.create_index('ix_process_draft_key', 'process_draft', ['key', 'state'])
    op.create_table('process_draft_file',
    sa.Column('draft_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.String(length=255), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('saved_by', sa.String(length=120), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['draft_id'], ['process_draft.id'], name=op.f('fk_process_draft_file_draft_id')),
    sa.PrimaryKeyConstraint('draft_id', 'path', name=op.f('pk_process_draft_file'))
    )
    op.create_table('process_draft_presence',
    sa.Column('draft_id', sa.Uuid(), nullable=False),
    sa.Column('person', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('path', sa.String(length=255), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['draft_id'], ['process_draft.id'], name=op.f('fk_process_draft_presence_draft_id')),
    sa.PrimaryKeyConstraint('draft_id', 'person', name=op.f('pk_process_draft_presence'))
    )


def downgrade() -> None:
    op.drop_table('process_draft_presence')
    op.drop_table('process_draft_file')
    op.drop_table('process_draft')
