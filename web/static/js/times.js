// "3 分钟前": times that count along. The exact instant stays in the title that the server wrote.
import { locale } from './words.js';

const steps = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
];
const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

export function relative(moment, now = Date.now()) {
  const seconds = (moment - now) / 1000;
  const [unit, size] = steps.find(([, each]) => Math.abs(seconds) >= each) || ['minute', 60];
  return format.format(Math.round(seconds / size), unit);
}

function refresh() {
  for (const time of document.querySelectorAll('time[data-relative]')) {
    const moment = Date.parse(time.dateTime);
    // Past a month a date says more than a count.
    if (Math.abs(Date.now() - moment) < 30 * 86400e3) time.textContent = relative(moment);
  }
}

export function startTimes() {
  refresh();
  setInterval(refresh, 60e3);
  document.addEventListener('htmx:after:swap', refresh);
}
