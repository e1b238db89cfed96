// What the properties panel calls an element, put together as the panel does it: "Message Boundary Event Non Interrupting".
const TRIGGERS = { '': '', Timer: '定时', Message: '消息', Signal: '信号', Error: '错误', Escalation: '升级', Conditional: '条件', Link: '链接', Compensate: '补偿', Compensation: '补偿', Cancel: '取消', Terminate: '终止' };
const EVENTS = { 'Start Event': '开始事件', 'End Event': '结束事件', 'Boundary Event': '边界事件', 'Intermediate Catch Event': '中间捕获事件', 'Intermediate Throw Event': '中间抛出事件' };
const OTHERS = {
  Task: '任务', 'User Task': '用户任务', 'Manual Task': '手工任务', 'Send Task': '发送任务', 'Receive Task': '接收任务', 'Service Task': '服务任务', 'Script Task': '脚本任务',
  'Business Rule Task': '规则任务', 'Call Activity': '调用活动', 'Sub Process': '子流程', 'Expanded Sub Process': '子流程', 'Collapsed Sub Process': '折叠的子流程', 'Event Sub Process': '事件子流程',
  'Ad Hoc Sub Process': '临时子流程', 'Expanded Ad Hoc Sub Process': '临时子流程', 'Collapsed Ad Hoc Sub Process': '折叠的临时子流程', Transaction: '事务子流程',
  'Exclusive Gateway': '排他网关', 'Parallel Gateway': '并行网关', 'Inclusive Gateway': '包容网关', 'Event Based Gateway': '事件网关', 'Complex Gateway': '复杂网关',
  'Sequence Flow': '顺序流', 'Default Flow': '默认流', 'Conditional Flow': '条件流', 'Message Flow': '消息流', Association: '关联', 'Data Input Association': '数据输入关联', 'Data Output Association': '数据输出关联',
  Participant: '参与者', Lane: '泳道', Process: '流程', Collaboration: '协作', Group: '分组', 'Text Annotation': '注释', 'Data Object Reference': '数据对象', 'Data Store Reference': '数据存储', Multiple: '多个元素',
};

export const types = { ...OTHERS };
for (const [trigger, saidTrigger] of Object.entries(TRIGGERS)) {
  for (const [event, said] of Object.entries(EVENTS)) {
    const name = `${trigger} ${event}`.trim();
    types[name] = saidTrigger + said;
    types[`${name} Non Interrupting`] = `${saidTrigger}${said}（不中断）`;
  }
}
