"""Migrations of running cases from one version of a process to another."""

import sqlalchemy as sa
from alembic import op

revision = '0012_migrations_of_cases'
down_revision = '0011_signatures'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('migration',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('from_id', sa.Uuid(), nullable=False),
    sa.Column('to_id', sa.Uuid(), nullable=False),
    sa.Column('moves', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('author', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['from_id'], ['process_version.id'], name=op.f('fk_migration_from_id')),
    sa.ForeignKeyConstraint(['to_id'], ['process_version.id'], name=op.f('fk_migration_to_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_migration'))
    )
    op.create_table('migration_case',
    sa.Column('migration_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=False),
    sa.Column('fate', sa.String(length=16), nullable=True),
    sa.Column('told', sa.Text(), nullable=False),
    sa.Column('elements', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_migration_case_instance_id')),
    sa.ForeignKeyConstraint(['migration_id'], ['migration.id'], name=op.f('fk_migration_case_migration_id')),
    sa.PrimaryKeyConstraint('migration_id', 'instance_id', name=op.f('pk_migration_case'))
    )
    op.create_index('ix_migration_case_fate', 'migration_case', ['migration_id', 'fate'])


def downgrade() -> None:
    op.drop_table('migration_case')
    op.drop_table('migration')
