// What scripts say, in the page's language.
const chinese = document.documentElement.lang.startsWith('zh');
const pick = (zh, en) => (chinese ? zh : en);

export const words = {
  saving: pick('正在保存…', 'Saving …'),
  saved: (clock) => pick(`已保存 ${clock}`, `Saved ${clock}`),
  savedHere: (clock) => pick(`没有连上服务器，已存在本机 ${clock}，连上后自动保存`, `No connection. Kept on this device at ${clock}; will be saved when you are back online`),
  restored: pick('已恢复上次未保存的内容。', 'Your unsaved words were restored.'),
  discard: pick('不要这些内容', 'Discard them'),
  tooMany: (limit) => pick(`最多 ${limit} 个文件，多出的未加入。`, `At most ${limit} files; the rest were not added.`),
  tooLarge: (name, size) => pick(`“${name}”超过 ${size}，未加入。`, `“${name}” is larger than ${size} and was not added.`),
  files: (count, size) => pick(`已选 ${count} 个文件，共 ${size}`, `${count} files chosen, ${size} in all`),
  takePhoto: pick('拍照', 'Take a photo'),
  removeFile: (name) => pick(`移除 ${name}`, `Remove ${name}`),
  selected: (count) => pick(`已选 ${count} 件`, `${count} selected`),
  updated: pick('列表已更新', 'The list was updated'),
  letters: (used, limit) => pick(`${used} / ${limit} 字`, `${used} / ${limit} characters`),
  rowAdded: pick('已添加一行', 'Row added'),
  rowRemoved: pick('已删除一行', 'Row removed'),
  fieldsAdded: (count) => pick(`下面多了 ${count} 个栏目`, `${count} more fields below`),
  failed: pick('没有成功，请检查网络后再试。', 'That did not work. Check the connection and try again.'),
};

export const locale = chinese ? 'zh-CN' : 'en';
