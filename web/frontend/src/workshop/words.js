// What the workshop's pages say that the server cannot know before, in the page's language.
export const chinese = document.documentElement.lang.startsWith('zh');
const pick = (zh, en) => (chinese ? zh : en);

export const words = {
  unsaved: pick('有改动，还没有保存', 'Changed, not saved yet'),
  saving: pick('正在保存…', 'Saving …'),
  saved: (time) => pick(`已保存 ${time}`, `Saved ${time}`),
  keptHere: pick('连不上服务器，改动留在这台设备上，会再试', 'The server cannot be reached; the change is kept on this device and will be sent again'),
  notSaved: pick('没有保存，会再试。请不要关闭这个页面', 'Not saved; it will be tried again. Please keep this page open'),
  unreadable: (reason) => pick(`现在的内容无法写成文件：${reason}`, `This cannot be written as a file: ${reason}`),
  conflict: (who) => pick(`${who}改了同一个文件，您的改动没有保存`, `${who} changed the same file; your change is not saved`),
  restored: pick('上次没有送到服务器的改动已经取回', 'What did not reach the server last time was brought back'),
  opening: pick('正在打开…', 'Opening …'),
  cannotOpen: (reason) => pick(`这个文件打不开：${reason}`, `This file cannot be opened: ${reason}`),
  canvas: pick('流程图编辑区。同一流程也可以在大纲里用键盘编辑', 'Diagram editor. The same process can be edited by keyboard in the outline'),
  section: (name) => pick(`展开或收起“${name}”`, `Open or close “${name}”`),
  addTo: (name) => pick(`在“${name}”里新增`, `Add to “${name}”`),
  remove: (name) => pick(`去掉“${name}”`, `Take out “${name}”`),
  field: (name, key) => (key && key !== name ? pick(`${name}（${key}）`, `${name} (${key})`) : name),
  quoted: (name) => pick(`“${name}”`, ` “${name}”`),
  noName: pick('没有名称', 'without a name'),
  up: pick('上移', 'Move up'),
  down: pick('下移', 'Move down'),
  takeOut: pick('去掉', 'Take out'),
  finding: { error: pick('错误', 'error'), warning: pick('警告', 'warning'), note: pick('提示', 'note') },
};
