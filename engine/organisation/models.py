"""Units, staff and what role somebody holds where."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db import Base, Instant, new_id


class UnitKind(StrEnum):
    """What an organisation unit is."""

    #: 区县: the jurisdiction
    DISTRICT = "district"
    #: 街道
    STREET = "street"
    #: 社区, the first of the five grid levels
    COMMUNITY = "community"
    #: 小区
    ESTATE = "estate"
    #: 片区
    AREA = "area"
    #: 楼栋
    BUILDING = "building"
    #: 单元
    STAIR = "stair"
    #: 部门 of the district
    DEPARTMENT = "department"
    #: 科室, 中心: an office inside another unit (street centre, supervision office, call-back group)
    OFFICE = "office"


#: The grid, from the community down; each of them can be the place of a matter.
GRID = (UnitKind.COMMUNITY, UnitKind.ESTATE, UnitKind.AREA, UnitKind.BUILDING, UnitKind.STAIR)


class OrgUnit(Base):
    """A node of the tree. `path` is the codes from the root, each with a slash after it: a prefix is a subtree."""

    __tablename__ = "org_unit"
    __table_args__ = (
        UniqueConstraint("jurisdiction", "code"),
        Index("ix_org_unit_path", "path"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(16))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("org_unit.id"))
    path: Mapped[str] = mapped_column(String(512))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    active: Mapped[bool] = mapped_column(default=True)

    parent: Mapped["OrgUnit | None"] = relationship(remote_side=[id])


class Staff(Base):
    """A person who works here. What they may do follows from their memberships."""

    __tablename__ = "staff"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    #: argon2id, None for an account that signs in elsewhere
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    active: Mapped[bool] = mapped_column(default=True)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="staff")


class Membership(Base):
    """Somebody's role in a unit. A handler of the water department is (staff, `handler`, water department)."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("staff_id", "role", "unit_id"),
        Index("ix_membership_unit_role", "unit_id", "role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    #: a key of `engine.organisation.roles.Role`
    role: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("org_unit.id"))
    since: Mapped[datetime | None] = mapped_column(Instant)

    staff: Mapped[Staff] = relationship(back_populates="memberships")
    unit: Mapped[OrgUnit] = relationship()


class Absence(Base):
    """Somebody is away, and somebody else does their work (替岗). No chain: a substitute's substitute is not asked."""

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_substitute_until", "substitute_id", "until_at"),
        Index("ix_absence_staff_until", "staff_id", "until_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: who is away
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    substitute_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    #: the one role and unit that are covered; both None: all that the person holds
    role: Mapped[str | None] = mapped_column(String(32))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("org_unit.id"))
    from_at: Mapped[datetime] = mapped_column(Instant)
    #: the first instant at which it no longer holds; ending it early moves this
    until_at: Mapped[datetime] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)

    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    substitute: Mapped[Staff] = relationship(foreign_keys=[substitute_id])
    unit: Mapped[OrgUnit | None] = relationship()
