// What bpmnlint's rules say, in the page's language: what is wrong, and what to do.
import { chinese } from './words.js';

const WORDS = {
  'conditional-event': ['条件事件没有条件。请写上它等什么', 'This conditional event has no condition. Write what it waits for'],
  'conditional-flows': ['分支没有条件。请写上条件，或设为默认分支', 'This way has no condition. Write one, or make it the default way'],
  'end-event-required': ['流程没有结束事件。请画上结束', 'The process has no end event. Draw one'],
  'event-based-gateway': ['事件网关后面要有至少两条不带条件的分支', 'An event-based gateway needs two ways or more, none with a condition'],
  'event-sub-process-typed-start-event': ['事件子流程的开始要写明由什么事件开始', 'The start of an event sub-process must say which event begins it'],
  'label-required': ['没有名称。请写上办什么、发生了什么或问什么', 'It has no name. Write what is done, what happens, or what is asked'],
  'link-event': ['链接事件没有名称，或没有对应的另一半', 'This link event has no name, or no counterpart'],
  'no-disconnected': ['没有连线。请连上，或删去', 'It is not connected. Connect it, or delete it'],
  'no-implicit-end': ['流程走到这里就断了。请接下去，或画上结束', 'The process breaks off here. Go on, or draw an end'],
  'no-implicit-split': ['从这里分出几条线而没有网关。请用网关写明怎样分', 'Several ways leave without a gateway. Say by a gateway how they part'],
  'no-implicit-start': ['没有线到这里，它会和流程同时开始。请接上，或画上开始', 'Nothing leads here, so it would begin with the process. Connect it, or draw a start'],
  'no-overlapping-elements': ['和别的元素重叠，或画到了框外', 'It overlaps another element, or lies outside of its frame'],
  'single-blank-start-event': ['有几个空白的开始事件。只留一个', 'There are several blank start events. Keep one'],
  'single-event-definition': ['一个事件只能等一样。请分成几个事件', 'An event can wait for one thing. Make several of it'],
  'start-event-required': ['流程没有开始事件。请画上开始', 'The process has no start event. Draw one'],
  'sub-process-blank-start-event': ['子流程的开始不能带事件，它随子流程开始', 'The start of a sub-process has no event: it begins with the sub-process'],
  'superfluous-gateway': ['网关只有一进一出，不起作用。请删去', 'This gateway has one way in and one out, and does nothing. Delete it'],
};

export const lintWords = Object.fromEntries(Object.entries(WORDS).map(([rule, [zh, en]]) => [rule, chinese ? zh : en]));
