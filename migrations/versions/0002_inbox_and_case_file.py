"""Comments, internal attachments, saved filters, the search over matters, an index of unclaimed work."""

import sqlalchemy as sa
from alembic import op

revision = '0002_inbox_and_case_file'
down_revision = '0001_create_tables'
branch_labels = None
depends_on = None

#: SQLite's full-text index and the triggers that keep it
FTS = (
    "CREATE VIRTUAL TABLE case_search_index USING fts5("
    "words, content='case_search', content_rowid='id', detail=none, tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER case_search_added AFTER INSERT ON case_search BEGIN "
    "INSERT INTO case_search_index(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER case_search_removed AFTER DELETE ON case_search BEGIN "
    "INSERT INTO case_search_index(case_search_index, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER case_search_changed AFTER UPDATE ON case_search BEGIN "
    "INSERT INTO case_search_index(case_search_index, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO case_search_index(rowid, words) VALUES (new.id, new.words); END",
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == 'sqlite'
    op.create_table('comment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('mentions', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['staff.id'], name=op.f('fk_comment_author_id')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_comment_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment'))
    )
    op.create_index('ix_comment_case', 'comment', ['case_id', 'created_at'], unique=False)
    op.create_table('saved_filter',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_saved_filter_staff_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['org_unit.id'], name=op.f('fk_saved_filter_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_filter')),
    sa.UniqueConstraint('staff_id', 'name', name=op.f('uq_saved_filter_staff_id_name'))
    )
    op.create_index('ix_saved_filter_unit', 'saved_filter', ['unit_id'], unique=False)
    op.create_table('case_search',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('words', sa.Text() if sqlite else sa.ARRAY(sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_case_search_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_search')),
    sa.UniqueConstraint('case_id', name=op.f('uq_case_search_case_id'))
    )
    if sqlite:
        for statement in FTS:
            op.execute(statement)
    else:
        op.create_index('ix_case_search_words', 'case_search', ['words'], unique=False, postgresql_using='gin')
    op.add_column('attachment', sa.Column('internal', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index('ix_work_item_open', 'work_item', ['inbox_key', 'due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))


def downgrade() -> None:
    op.drop_index('ix_work_item_open', table_name='work_item')
    op.drop_column('attachment', 'internal')
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE case_search_index')
    op.drop_table('case_search')
    op.drop_index('ix_saved_filter_unit', table_name='saved_filter')
    op.drop_table('saved_filter')
    op.drop_index('ix_comment_case', table_name='comment')
    op.drop_table('comment')
