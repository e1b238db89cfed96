"""What residents of the invented district bring up, and how each of it goes. Every matter and name is made up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Course(StrEnum):
    """How a case goes."""

    #: the grid worker solves it on the spot
    GRID = "grid"
    #: the community does it
    COMMUNITY = "community"
    #: a department reports and solves it, the resident is content
    DEPARTMENT = "department"
    #: several departments, one of them returns it and is overruled
    SEVERAL = "several"
    #: the lead department returns it, and the street grants that
    RETURNED = "returned"
    #: the resident is not content, the grounds hold, somebody else does it again
    REWORK = "rework"
    #: it cannot be solved now and is explained
    EXPLAINED = "explained"
    #: the statutory route
    DIVERTED = "diverted"
    #: the resident takes it back
    WITHDRAWN = "withdrawn"
    #: nobody does anything any more once it has come this far
    STUCK = "stuck"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One case of the demonstration. `days_ago` in calendar days before the demonstration's present."""

    title: str
    text: str
    category: str
    place: str
    name: str
    course: Course
    days_ago: float
    #: tasks after which nobody goes on, for what is still open
    stop_after: int = 99
    rating: int = 5
    #: key of the process, and what its start form was told
    kind: str = "petition"
    start: Mapping[str, Any] = field(default_factory=dict)
    #: name of the other side, for a dispute
    against: str = ""


_C = Course

STORIES: Final = (
    Story(title="一里东片1号楼楼道灯不亮", text="1号楼1单元楼道灯坏了十来天，老人上下楼看不见。", category="property",
          place="xingfu-1-a-1", name="陈阿姨", course=_C.GRID, days_ago=34),
    Story(title="小区门口垃圾桶满溢", text="二里门口的垃圾桶三天没有清，有异味，招苍蝇。", category="sanitation",
          place="xingfu-2", name="吴先生", course=_C.COMMUNITY, days_ago=31, rating=4),
    Story(title="幸福路井盖破损", text="幸福路与新街交口的井盖塌了一角，电动车容易摔倒，请尽快修。", category="roads",
          place="xingfu", name="林师傅", course=_C.DEPARTMENT, days_ago=29),
    Story(title="自来水发黄", text="连续几天早上水龙头放出来的水是黄的，沉淀后有泥沙。", category="utility",
          place="liuxiang-1-a-2", name="何女士", course=_C.DEPARTMENT, days_ago=27, rating=4),
    Story(title="夜间烧烤摊油烟和噪声扰民", text="向阳巷口的烧烤摊营业到凌晨两点，油烟进屋。", category="noise",
          place="xiangyang-1", name="郭女士", course=_C.SEVERAL, days_ago=26),
    Story(title="工地凌晨施工", text="新桥社区北边工地凌晨四点就打桩，孩子要中考。", category="noise",
          place="xinqiao", name="马先生", course=_C.REWORK, days_ago=25, rating=2),
    Story(title="外墙瓷砖脱落", text="2号楼外墙瓷砖往下掉，楼下是孩子玩的地方。", category="safety",
          place="wangjiang-1-a-2", name="谢女士", course=_C.DEPARTMENT, days_ago=22),
    Story(title="物业不公示维修资金", text="物业用了维修资金换电梯配件，没有公示，业主要看账。", category="property",
          place="shiliu-2", name="董先生", course=_C.EXPLAINED, days_ago=30, rating=3),
    Story(title="与楼上邻居漏水赔偿纠纷", text="楼上漏水泡了我家吊顶，赔偿谈不拢，想起诉。", category="neighbour",
          place="xingfu-1-a-3", name="薛女士", course=_C.DIVERTED, days_ago=21),
    Story(title="公交站牌被树挡住", text="望江路公交站的站牌被树枝挡住，老人看不到班次。", category="roads",
          place="wangjiang", name="丁大爷", course=_C.GRID, days_ago=20),
    Story(title="楼顶违章搭建阳光房", text="5单元顶楼正在搭阳光房，担心漏水和承重。", category="building",
          place="liuxiang-2-a-1", name="蔡女士", course=_C.RETURNED, days_ago=24, rating=4),
    Story(title="咨询高龄津贴怎样申领", text="母亲满八十岁了，想问高龄津贴带什么材料、到哪里办。", category="question",
          place="shiliu", name="侯先生", course=_C.COMMUNITY, days_ago=18),
    Story(title="河道有死鱼和异味", text="柳巷后面的小河这两天有死鱼，水发黑，味道很大。", category="environment",
          place="liuxiang", name="邹先生", course=_C.DEPARTMENT, days_ago=19, rating=5),
    Story(title="健身器材松动", text="小广场的双人漫步机螺丝松了，已经自己找人修好。", category="safety",
          place="xiangyang-2", name="孟女士", course=_C.WITHDRAWN, days_ago=15),
    Story(title="超市少称", text="桥头生鲜店买五斤排骨回家一称只有四斤二两。", category="market",
          place="xinqiao-1", name="潘女士", course=_C.DEPARTMENT, days_ago=16, rating=5),
    Story(title="拖欠装修工资", text="在三里装修公司干了两个月，还有一万二没有给。", category="labour",
          place="xinqiao-2", name="袁师傅", course=_C.STUCK, days_ago=23, stop_after=8),
    Story(title="小区东门停车堵住消防通道", text="每天晚上东门消防通道停满车，上周救护车差点进不来。", category="roads",
          place="xingfu-1", name="余先生", course=_C.STUCK, days_ago=13, stop_after=9),
    Story(title="老年活动室暖气不热", text="活动室暖气一直不热，老人们打牌要穿大衣。", category="utility",
          place="shiliu-1", name="苏奶奶", course=_C.STUCK, days_ago=1.2, stop_after=4),
    Story(title="绿化带被占种菜", text="3号楼后面的绿化带被人围起来种菜，还浇粪水。", category="sanitation",
          place="xingfu-2-a-3", name="卢女士", course=_C.STUCK, days_ago=3, stop_after=3),
    Story(title="公园路灯晚上十点就关", text="望江公园十点熄灯，夜跑的人看不见路。", category="suggestion",
          place="wangjiang-2", name="钱先生", course=_C.STUCK, days_ago=4, stop_after=6),
    Story(title="电梯困人", text="2单元电梯这个月困人三次，物业说在等配件。", category="property",
          place="xingfu-1-a-2", name="黎女士", course=_C.STUCK, days_ago=2, stop_after=1),
    Story(title="早市占道", text="向阳早市摊位摆到机动车道上，早高峰堵死。", category="roads",
          place="xiangyang", name="崔师傅", course=_C.STUCK, days_ago=6, stop_after=5),
    Story(title="下水道返水", text="一楼厨房地漏返水，已经淹了两次，请查一下主管道。", category="utility",
          place="xingfu-2-a-1", name="石女士", course=_C.STUCK, days_ago=0.4, stop_after=1),
    Story(title="社区食堂想增加晚餐", text="双职工家庭多，希望食堂晚上也开。", category="suggestion",
          place="xingfu", name="龙女士", course=_C.STUCK, days_ago=0.2, stop_after=0),
    Story(title="楼道堆放电动车电池", text="4楼邻居把电瓶拿到楼道充电，怕着火。", category="safety",
          place="xingfu-1-a-1", name="汤先生", course=_C.STUCK, days_ago=0.1, stop_after=0),
    Story(title="楼下早餐店油烟直排", text="每天早上五点油烟就进卧室，窗户都不敢开。", category="noise",
          place="xingfu-1-a-1", name="任女士", course=_C.STUCK, days_ago=0.06, stop_after=0),
    Story(title="幸福路红绿灯时间太短", text="老人走到一半就变灯，希望延长过街时间。", category="suggestion",
          place="xingfu", name="戚大爷", course=_C.STUCK, days_ago=0.3, stop_after=0),
    Story(title="3号楼楼顶漏雨", text="下雨时顶楼两户漏水，墙皮掉了一片。", category="property",
          place="xingfu-1-a-3", name="柏先生", course=_C.STUCK, days_ago=0.5, stop_after=0),
    Story(title="流浪狗追孩子", text="二里小广场有三条流浪狗，追过放学的孩子。", category="safety",
          place="xingfu-2", name="窦女士", course=_C.STUCK, days_ago=0.25, stop_after=0),
    Story(title="想问老年卡怎样补办", text="老年卡丢了，不知道到哪里补、要带什么。", category="question",
          place="xingfu-2-a-2", name="章奶奶", course=_C.STUCK, days_ago=0.7, stop_after=0),
    Story(title="广场舞音响太大", text="晚上九点以后还在放，孩子写作业受影响。", category="noise",
          place="xingfu-1", name="云女士", course=_C.STUCK, days_ago=1.1, stop_after=1),
    Story(title="快递柜占了无障碍坡道", text="轮椅下不来，请移开或者另修一条。", category="property",
          place="xingfu-2-a-3", name="苗先生", course=_C.STUCK, days_ago=1.4, stop_after=1),
    Story(title="小区围墙有裂缝", text="东边围墙向外鼓，旁边就是人行道。", category="safety",
          place="xingfu-1-a-2", name="花师傅", course=_C.STUCK, days_ago=0.15, stop_after=0),
    Story(title="绿化树枝挡住二楼窗户", text="枝叶贴着窗，屋里白天也要开灯。", category="sanitation",
          place="xingfu-2-a-1", name="俞女士", course=_C.STUCK, days_ago=2.2, stop_after=2),
    Story(title="老年食堂菜价上涨", text="一荤一素从八块涨到十二块，想知道为什么。", category="welfare",
          place="xingfu", name="鲁奶奶", course=_C.STUCK, days_ago=1.8, stop_after=2),
    Story(title="地下车库积水", text="下雨后车库入口积水到脚踝。", category="property",
          place="xiangyang-1-a-1", name="韦先生", course=_C.STUCK, days_ago=0.4, stop_after=0),
    Story(title="河边护栏断了一截", text="柳巷小河护栏断了两米，孩子常在边上玩。", category="safety",
          place="liuxiang-2", name="昌女士", course=_C.STUCK, days_ago=0.35, stop_after=0),
    Story(title="楼上装修把我家墙震裂", text="楼上砸墙，我家客厅裂了两道缝，谈了两次没谈拢。", category="neighbour",
          place="xingfu-1-a-2", name="骆先生", course=_C.STUCK, days_ago=0.3, stop_after=0, kind="mediation",
          start={"request": "请楼上负责修好墙面，并保证按规定时间施工。", "tried": "yes"}, against="楼上住户"),
    Story(title="两家合用的院墙谁来修", text="院墙倒了一半，两家都说是对方的。", category="property",
          place="xingfu-2", name="梅阿姨", course=_C.STUCK, days_ago=0.6, stop_after=0, kind="mediation",
          start={"request": "请帮我们把费用分清楚，尽快修好。", "tried": "yes"}, against="隔壁邻居"),
    Story(title="低保停发，想问清原因", text="上个月低保停了，没人说为什么，想请人代办。", category="welfare",
          place="xingfu-1-a-3", name="盛奶奶", course=_C.STUCK, days_ago=0.4, stop_after=0, kind="agency"),
    Story(title="二里空地改成小花园", text="空地长满杂草，大家想种花、放几张椅子。", category="facility",
          place="xingfu-2", name="柯女士", course=_C.STUCK, days_ago=0.8, stop_after=0, kind="proposal",
          start={"hope": "有地方坐、有花看，老人孩子都能用。", "cost_estimate": 30000, "consent": True}),
)  # fmt: skip
