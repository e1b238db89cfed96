"""What went wrong in a failed step, as template and facts beside the English text."""

import sqlalchemy as sa
from alembic import op

revision = '0014_incident_reason'
down_revision = '0013_notices'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('incident') as batch:
        batch.add_column(sa.Column('reason', sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('incident') as batch:
        batch.drop_column('reason')
