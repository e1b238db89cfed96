"""The sentence that says why a task came to somebody."""

import pytest

from engine.tasks.why import Relation, Why, sentence

CASES = [
    # the community of the place
    (
        Why(role="community", relation=Relation.PLACE, unit="柳园社区", unit_kind="community", place="柳园一村"),
        "本社区（柳园社区）的社区工作人员岗位，因为诉求地点在柳园一村",
        "The community staff of this community (柳园社区), because the matter is in 柳园一村",
    ),
    # an office of the street of the place: it has a name of its own
    (
        Why(role="street_centre", relation=Relation.PLACE, unit="东街道综合指挥中心", unit_kind="office",
            place="柳园社区"),
        "东街道综合指挥中心的街道中心岗位，因为诉求地点在柳园社区",
        "The street centre of 东街道综合指挥中心, because the matter is in 柳园社区",
    ),
    # a department that the street chose
    (
        Why(role="handler", relation=Relation.DATA, unit="区水务局", unit_kind="department", requested="区水务局"),
        "区水务局的承办人岗位，因为本件交给了区水务局",
        "The handler of 区水务局, because this matter was given to 区水务局",
    ),
    # nobody in the community holds the role, so the street has it
    (
        Why(role="shift_lead", relation=Relation.PLACE, unit="清河区", unit_kind="district", requested="柳园社区",
            place="柳园社区", climbed=True),
        "清河区的值班长岗位，因为诉求地点在柳园社区；柳园社区没有该岗位的人员，由上级清河区办理",
        "The shift lead of 清河区, because the matter is in 柳园社区; "
        "柳园社区 has nobody in that role, so 清河区 above it takes it",
    ),
    # always the same office
    (
        Why(role="callback", relation=Relation.FIXED, unit="区回访组", unit_kind="office", requested="区回访组"),
        "区回访组的回访员岗位，因为流程规定这一步由区回访组办理",
        "The call-back officer of 区回访组, because the process gives this step to 区回访组",
    ),
    # a rework, and everybody who comes first handled the first round
    (
        Why(role="department_lead", relation=Relation.DATA, unit="区住建局", unit_kind="department",
            requested="区住建局", instead_of="handler"),
        "区住建局的部门负责人岗位，因为本件交给了区住建局；区住建局的承办人都办过前一轮，这一轮须换人",
        "The department lead of 区住建局, because this matter was given to 区住建局; "
        "every handler of 区住建局 did an earlier round, and this one is for somebody else",
    ),
    # the resident's own step
    (Why(role="resident", relation=Relation.RESIDENT), "由诉求人本人办理", "For the resident who filed the matter"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "chinese", "english"), CASES)
def test_the_sentence_names_the_unit_the_role_and_the_reason(why: Why, chinese: str, english: str) -> None:
    assert sentence(why.to_json(), "zh_CN") == chinese
    assert sentence(why.to_json(), "en") == english
