"""An invented district: every name here is made up."""

from dataclasses import dataclass
from typing import Final

from engine.organisation.models import UnitKind as Kind

JURISDICTION: Final = "yunxi"
PASSWORD: Final = "chuishao-demo"  # noqa: S105 - printed for every visitor on purpose
MAIL_DOMAIN: Final = "yunxi.example"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit of the demonstration, by code."""

    code: str
    name: str
    kind: Kind
    parent: str | None


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who works there. `roles` are (role, unit code)."""

    login: str
    name: str
    roles: tuple[tuple[str, str], ...]


#: department code, name, lead, leader in charge, handlers
_DEPARTMENTS: Final = (
    ("urban", "城市管理局", "高远", "曹立", ("贺平", "龚敏")),
    ("housing", "住房和建设局", "方正", "袁博", ("史进", "顾瑶")),
    ("water", "水务局", "江涛", "钟岳", ("尹浩", "黎芳")),
    ("civil", "民政局", "安宁", "易和", ("常乐", "武英")),
    ("labour", "人力资源和社会保障局", "康健", "贾勤", ("邱实", "乔木")),
    ("police", "公安分局", "严明", "戴刚", ("夏雷", "田勇")),
    ("market", "市场监督管理局", "公平", "金秤", ("陶真", "姜信")),
    ("environment", "生态环境局", "蓝天", "白云", ("林青", "水清")),
)
#: street code, name, communities
_STREETS: Final = (
    ("taoyuan", "桃园街道", (("xingfu", "幸福社区"), ("xiangyang", "向阳社区"), ("liuxiang", "柳巷社区"))),
    ("qinghe", "清河街道", (("xinqiao", "新桥社区"), ("wangjiang", "望江社区"), ("shiliu", "石榴社区"))),
)
#: community code → chair of mediation, mediator, agent, party secretary, chair of the council, supervisory committee
_COMMUNITY_BODIES: Final = {
    "xingfu": ("何睦", "谢宁", "马越", "苗正清", "范毅", "岑明"),
    "xiangyang": ("于和", "言缓", "代勤", "向东升", "黄秉公", "时清"),
    "liuxiang": ("柳劝", "解铃", "步勤", "柳长青", "文谦", "章正"),
    "xinqiao": ("桥通", "喻平", "毕行", "申志新", "齐议", "郝实"),
    "wangjiang": ("江和", "辛安", "单明", "江望远", "邵衡", "严谨"),
    "shiliu": ("石化", "柳甜", "温达", "石榴红", "孔思", "季细"),
}
#: community code → the community's desk and grid worker
_COMMUNITY_STAFF: Final = {
    "xingfu": ("李梅", "王强"),
    "xiangyang": ("赵敏", "孙亮"),
    "liuxiang": ("周洁", "吴斌"),
    "xinqiao": ("郑玲", "冯伟"),
    "wangjiang": ("陈静", "褚健"),
    "shiliu": ("卫兰", "蒋波"),
}
_STREET_STAFF: Final = {
    "taoyuan": ("沈丽", "韩松", "杨光"),
    "qinghe": ("朱琴", "秦川", "许宏"),
}
#: street code → petition office, judicial office, finance, and an agent beside those of the communities
_STREET_OFFICES: Final = {
    "taoyuan": ("鲁信", "方规", "钱清", "代明"),
    "qinghe": ("连访", "规行", "金算", "代为民"),
}


def units() -> list[Unit]:
    """Return the tree, parents first: district, streets, the grid's five levels, departments and offices."""
    found = [Unit(code="yunxi", name="云溪区", kind=Kind.DISTRICT, parent=None)]
    found += [
        Unit(code="supervision", name="督办室", kind=Kind.OFFICE, parent="yunxi"),
        Unit(code="callback", name="回访组", kind=Kind.OFFICE, parent="yunxi"),
        Unit(code="hotline", name="值班室", kind=Kind.OFFICE, parent="yunxi"),
        Unit(code="review", name="信访复查委员会办公室", kind=Kind.OFFICE, parent="yunxi"),
        Unit(code="rereview", name="信访复核委员会办公室", kind=Kind.OFFICE, parent="yunxi"),
        Unit(code="discipline", name="纪检监察机构", kind=Kind.OFFICE, parent="yunxi"),
        Unit(code="court", name="区人民法院", kind=Kind.OFFICE, parent="yunxi"),
        Unit(code="it", name="信息中心", kind=Kind.OFFICE, parent="yunxi"),
    ]
    for code, name, *_people in _DEPARTMENTS:
        found.append(Unit(code=code, name=name, kind=Kind.DEPARTMENT, parent="yunxi"))
    for street, street_name, communities in _STREETS:
        found.append(Unit(code=street, name=street_name, kind=Kind.STREET, parent="yunxi"))
        found.append(Unit(code=f"{street}-centre", name=f"{street_name}中心", kind=Kind.OFFICE, parent=street))
        for code, office in (("letters", "信访办"), ("justice", "司法所"), ("finance", "财政所")):
            found.append(Unit(code=f"{street}-{code}", name=f"{street_name}{office}", kind=Kind.OFFICE, parent=street))
        for community, community_name in communities:
            found.append(Unit(code=community, name=community_name, kind=Kind.COMMUNITY, parent=street))
            found += _grid(community, community_name)
    return found


def _grid(community: str, name: str) -> list[Unit]:
    """Return a community's estates, areas, buildings and stairs; each name says where it is."""
    found = []
    for e, lane in enumerate(("一里", "二里"), 1):
        estate, estate_name = f"{community}-{e}", name.removesuffix("社区") + lane
        found.append(Unit(code=estate, name=estate_name, kind=Kind.ESTATE, parent=community))
        area = f"{estate}-a"
        found.append(Unit(code=area, name=f"{estate_name}东片", kind=Kind.AREA, parent=estate))
        for b in (1, 2, 3):
            building, building_name = f"{area}-{b}", f"{estate_name}{b}号楼"
            found.append(Unit(code=building, name=building_name, kind=Kind.BUILDING, parent=area))
            found += [
                Unit(code=f"{building}-{s}", name=f"{building_name}{s}单元", kind=Kind.STAIR, parent=building)
                for s in (1, 2)
            ]
    return found


def _community_bodies() -> list[Person]:
    """Mediators, agents, and those by whom residents decide together, community by community."""
    found = []
    for community, (chair, mediator, agent, secretary, speaker, overseer) in _COMMUNITY_BODIES.items():
        committee = (("mediation_chair", community), ("mediator", community))
        found += [
            Person(login=f"{community}.tiaojie", name=chair, roles=committee),
            Person(login=f"{community}.tiaojieyuan", name=mediator, roles=(("mediator", community),)),
            Person(login=f"{community}.daili", name=agent, roles=(("agent", community),)),
            Person(login=f"{community}.dangzuzhi", name=secretary, roles=(("party_organisation", community),)),
            Person(
                login=f"{community}.yishihui",
                name=speaker,
                roles=(("council", community), ("owners_committee", community)),
            ),
            Person(login=f"{community}.jianwei", name=overseer, roles=(("supervisory_committee", community),)),
        ]
    return found


def people() -> list[Person]:
    """Return who works there. The first of each role is the account that the demonstration prints."""
    found = []
    for community, (desk, grid) in _COMMUNITY_STAFF.items():
        both = (("community", community), ("residents_committee", community))
        found.append(Person(login=f"{community}.shequ", name=desk, roles=both))
        found.append(Person(login=f"{community}.wangge", name=grid, roles=(("grid_worker", community),)))
    found += _community_bodies()
    for street, (centre, leader, main) in _STREET_STAFF.items():
        found.append(Person(login=f"{street}.zhongxin", name=centre, roles=(("street_centre", f"{street}-centre"),)))
        found.append(Person(login=f"{street}.fenguan", name=leader, roles=(("street_leader", street),)))
        found.append(Person(login=f"{street}.zhuyao", name=main, roles=(("main_leader", street),)))
    for street, (letters, justice, purse, agent) in _STREET_OFFICES.items():
        found.append(Person(login=f"{street}.xinfang", name=letters, roles=(("petition_office", f"{street}-letters"),)))
        found.append(Person(login=f"{street}.sifa", name=justice, roles=(("judicial_office", f"{street}-justice"),)))
        found.append(Person(login=f"{street}.caizheng", name=purse, roles=(("finance", f"{street}-finance"),)))
        found.append(Person(login=f"{street}.daili", name=agent, roles=(("agent", street),)))
    for code, _name, lead, deputy, handlers in _DEPARTMENTS:
        found += [
            Person(login=f"{code}.{n}", name=handler, roles=(("handler", code),))
            for n, handler in enumerate(handlers, 1)
        ]
        found.append(Person(login=f"{code}.fuzeren", name=lead, roles=(("department_lead", code),)))
        found.append(Person(login=f"{code}.zhuyao", name=deputy, roles=(("main_leader", code),)))
    found += [
        Person(login="dudao", name="齐心", roles=(("supervision", "supervision"),)),
        Person(login="huifang", name="温暖", roles=(("callback", "callback"),)),
        Person(login="zhiban", name="罗班", roles=(("shift_lead", "hotline"),)),
        Person(login="fucha", name="查明远", roles=(("review_body", "review"),)),
        Person(login="fuhe", name="核思成", roles=(("rereview_body", "rereview"),)),
        Person(login="jijian", name="纪清", roles=(("discipline", "discipline"),)),
        Person(login="fayuan", name="法衡", roles=(("court", "court"),)),
        Person(login="quzhang", name="梁正", roles=(("main_leader", "yunxi"),)),
        Person(login="yunwei", name="程行", roles=(("operator", "it"), ("admin", "it"))),
        Person(login="sheji", name="图南", roles=(("designer", "it"),)),
    ]
    return found


#: What the demonstration prints: one account a role, with what to look at first.
SHOWN: Final = (
    ("xingfu.wangge", "网格员 grid worker"),
    ("xingfu.shequ", "社区 community staff"),
    ("taoyuan.zhongxin", "街道中心 street centre"),
    ("water.1", "承办人 department handler"),
    ("water.fuzeren", "部门负责人 department lead"),
    ("xingfu.tiaojie", "调解 mediation"),
    ("xingfu.daili", "信访代理 petition agent"),
    ("taoyuan.xinfang", "信访办 petition office"),
    ("xingfu.dangzuzhi", "党组织 proposals"),
    ("dudao", "督办 supervision office"),
    ("huifang", "回访 call-back"),
    ("zhiban", "值班长 shift lead"),
    ("sheji", "流程设计 process designer"),
    ("yunwei", "运维员 operator"),
)
