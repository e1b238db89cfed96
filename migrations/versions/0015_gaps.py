"""Service of documents by hand or by post; parties that cease to be one."""

import sqlalchemy as sa
from alembic import op

revision = '0015_gaps'
down_revision = '0014_incident_reason'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('service_record',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('jurisdiction', sa.String(length=64), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=False),
    sa.Column('party', sa.String(length=8), nullable=False),
    sa.Column('how', sa.String(length=16), nullable=False),
    sa.Column('served_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_by', sa.String(length=16), nullable=False),
    sa.Column('tracking_number', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('attachment_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.String(length=64), nullable=True),
    sa.Column('revoked_reason', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_service_record_attachment_id')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_service_record_case_id')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_service_record_document_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_record'))
    )
    op.create_index('ix_service_record_document', 'service_record', ['document_id'], unique=False)
    with op.batch_alter_table('case_party') as batch:
        batch.add_column(sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('case_party') as batch:
        batch.drop_column('removed_at')
    op.drop_index('ix_service_record_document', table_name='service_record')
    op.drop_table('service_record')
