"""Link cases that came out of one another, seal accusations, let a package name its own ends."""

import sqlalchemy as sa
from alembic import op

revision = '0003_linked_cases'
down_revision = '0002_inbox_and_case_file'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("sealed", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.alter_column("state", existing_type=sa.String(16), type_=sa.String(32), existing_nullable=False)
        table.alter_column("tracking_hmac", existing_type=sa.String(64), nullable=True)
        table.alter_column("pin_hash", existing_type=sa.String(200), nullable=True)
    op.create_table(
        "case_link",
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["case.id"], name=op.f("fk_case_link_from_id_case")),
        sa.ForeignKeyConstraint(["to_id"], ["case.id"], name=op.f("fk_case_link_to_id_case")),
        sa.PrimaryKeyConstraint("from_id", "to_id", name=op.f("pk_case_link")),
    )
    op.create_index("ix_case_link_to", "case_link", ["to_id"])
    op.create_table(
        "case_sealing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_sealing_case_id_case")),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name=op.f("fk_case_sealing_unit_id_org_unit")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_sealing_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_sealing")),
    )
    op.create_index("ix_case_sealing_case", "case_sealing", ["case_id"])
    # numbers are counted by what they begin with, no longer by the key of the process
    op.execute("UPDATE number_series SET series = 'case:SQ:' || substr(series, 15) WHERE series LIKE 'case:petition:%'")


def downgrade() -> None:
    op.execute("UPDATE number_series SET series = 'case:petition:' || substr(series, 9) WHERE series LIKE 'case:SQ:%'")
    op.drop_table("case_sealing")
    op.drop_table("case_link")
    with op.batch_alter_table("case") as table:
        table.alter_column("pin_hash", existing_type=sa.String(200), nullable=False)
        table.alter_column("tracking_hmac", existing_type=sa.String(64), nullable=False)
        table.alter_column("state", existing_type=sa.String(32), type_=sa.String(16), existing_nullable=False)
        table.drop_column("sealed")
