"""Documents for the tests: one of each thing that a template may contain."""

from datetime import UTC, datetime
from typing import Final

from engine.cases.paper import Paper

BODY: Final = "清河街道"
TITLE: Final = "答复意见书"
NUMBER: Final = f"{BODY}{TITLE}〔2026〕7号"
TEXT: Final = f"""<h1>{TITLE}</h1>
<p>编号：{NUMBER}</p>
<table>
<tr><th scope="row">诉求</th><td>路灯不亮</td></tr>
<tr><th scope="row">答复</th><td>一、已更换灯具；
二、下周复查。</td></tr>
</table>
<h2>下一步</h2>
<ol><li>现场复查</li><li>电话<strong>回访</strong></li></ol>
<p>请您评价。</p>
<p>{BODY}<br>2026年11月22日</p>"""


def make_paper(html: str = TEXT, body: str = BODY) -> Paper:
    """Return a paper that says `html`."""
    issued = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
    return Paper(body=body, number=NUMBER, title=TITLE, html=html, issued_at=issued)
