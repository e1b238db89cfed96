// What the diagram says, in the page's language.
const chinese = document.documentElement.lang.startsWith('zh');
const pick = (zh, en) => (chinese ? zh : en);

export const words = {
  openPage: (name) => pick(`打开子页：${name}`, `Open page: ${name}`),
  tokensThere: pick('步正在办', 'steps under way there'),
  back: pick('返回上一页', 'Back to the previous page'),
  zoomIn: pick('放大', 'Zoom in'),
  zoomOut: pick('缩小', 'Zoom out'),
  fit: pick('看全图', 'Show everything'),
  follow: pick('找到当前步骤', 'Go to the current step'),
  loading: pick('正在载入流程图…', 'Loading the diagram …'),
  failed: pick('流程图没有载入。各步骤见旁边的表。', 'The diagram could not be loaded. Its steps are in the table beside it.'),
  retry: pick('再试一次', 'Try again'),
  keys: pick('方向键移动，加减号缩放，0 看全图', 'Arrow keys move, plus and minus zoom, 0 shows everything'),
  states: {
    open: pick('正在办', 'under way'),
    waiting: pick('等待中', 'waiting'),
    failed: pick('异常', 'failed'),
  },
  changeSigns: { added: '+', removed: '−', changed: '±', moved: '↔' },
  changed: (name, kind) => {
    const said = { added: pick('新增', 'added'), removed: pick('已删除', 'removed'), changed: pick('有改动', 'changed'), moved: pick('移动了位置', 'moved') }[kind];
    return pick(`${name}：${said}`, `${name}: ${said}`);
  },
  changesThere: pick('处不同', 'differences there'),
  badge: (label, state, count) => pick(`${label}：${state}${count > 1 ? `（${count}）` : ''}`, `${label}: ${state}${count > 1 ? ` (${count})` : ''}`),
};
