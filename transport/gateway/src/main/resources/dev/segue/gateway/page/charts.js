// Small drawings of figures, in the pixels that there are.

import { svg } from './dom.js';
import { count, micros, perSecond } from './format.js';

/** How many values a line has room for. */
export const LINE_LENGTH = 60;

/** The points of a line without axes: the newest value at the right end, the tallest at the top. */
export function sparkline(values, width, height) {
  const top = Math.max(...values, 1e-9);
  const x = i => width - ((values.length - 1 - i) * width) / (LINE_LENGTH - 1);
  const y = value => height - 1 - (value / top) * (height - 2);
  return values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
}

/** Where a bucket begins: there are four to each doubling. */
function lowerMicros(upper) {
  return upper <= 1 ? 0.5 : upper - 2 ** (Math.ceil(Math.log2(upper)) - 1) / 4;
}

function ticks(low, high) {
  const found = [];
  const few = high / low > 200 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of few) {
      const value = digit * 10 ** power;
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}

function tickLabel(value) {
  const unit = value < 1000 ? 'µs' : value < 1e6 ? 'ms' : 's';
  return `${+(value / { 'µs': 1, ms: 1e3, s: 1e6 }[unit]).toPrecision(3)}\u202f${unit}`;
}

/** A bar for each second, the newest at the right end. */
export function rateChart(values, width) {
  const height = 96;
  const frame = { left: 46, right: width - 12, top: 10, bottom: height - 20 };
  const most = Math.max(...values, 1e-9);
  const step = (frame.right - frame.left) / LINE_LENGTH;
  const label = `Samples a second in the last minute: now ${perSecond(values.at(-1))}, at most ${perSecond(most)}`;
  const { chart, line, text } = drawing('rate', width, height, label);
  line(frame.left, frame.top, frame.right, frame.top, 'grid');
  if (most > 0.01) text(frame.left - 6, frame.top + 4, 'end', perSecond(most));
  text(frame.left - 6, frame.bottom + 4, 'end', '0');
  values.forEach((value, i) => {
    const size = (value / most) * (frame.bottom - frame.top);
    const x = frame.right - (values.length - i) * step;
    chart.append(svg('rect', { class: 'bar', x: x + 0.5, y: frame.bottom - size, width: Math.max(step - 1, 1), height: size }));
  });
  line(frame.left, frame.bottom, frame.right, frame.bottom, 'axis');
  text(frame.left, height - 4, 'start', `${LINE_LENGTH}\u202fs ago`);
  text(frame.right, height - 4, 'end', 'now');
  return chart;
}

function drawing(name, width, height, label) {
  const viewBox = `0 0 ${width} ${height}`;
  const chart = svg('svg', { class: `chart ${name}`, width, height, viewBox, role: 'img', 'aria-label': label });
  return {
    chart,
    line: (x1, y1, x2, y2, name) => chart.append(svg('line', { x1, y1, x2, y2, class: name })),
    text: (x, y, anchor, words, name = '') => chart.append(svg('text', { x, y, 'text-anchor': anchor, class: name }, words)),
  };
}

/** Of `{count, p50, p90, p99, max, buckets: [[upper end, count], …]}`, in microseconds. */
export function histogram(latency, width) {
  const height = 190;
  const frame = { left: 46, right: width - 12, top: 22, bottom: height - 38 };
  const bars = latency.buckets.map(([upper, size]) => ({ lower: lowerMicros(upper), upper, size }));
  const low = bars[0].lower / 1.15;
  const high = bars.at(-1).upper * 1.15;
  const most = Math.max(...bars.map(bar => bar.size));
  const x = value => frame.left + (Math.log(value / low) / Math.log(high / low)) * (frame.right - frame.left);
  const y = value => frame.bottom - (value / most) * (frame.bottom - frame.top);
  const label =
    `Histogram of the latency of ${count(latency.count)} samples: half within ${micros(latency.p50)},` +
    ` 99 percent within ${micros(latency.p99)}, the longest ${micros(latency.max)}`;
  const { chart, line, text } = drawing('histogram', width, height, label);

  for (const value of [most, most / 2]) {
    if (!Number.isInteger(value)) continue;
    line(frame.left, y(value), frame.right, y(value), 'grid');
    text(frame.left - 6, y(value) + 4, 'end', count(value));
  }
  text(frame.left - 6, frame.bottom + 4, 'end', '0');
  let free = -Infinity;
  for (const value of ticks(low, high)) {
    line(x(value), frame.bottom, x(value), frame.bottom + 4, 'axis');
    if (x(value) - free < 42) continue;
    free = x(value);
    text(x(value), frame.bottom + 17, 'middle', tickLabel(value));
  }
  text((frame.left + frame.right) / 2, height - 4, 'middle', 'latency, from publishing to the gateway', 'title');
  text(0, 11, 'start', 'samples', 'title');
  for (const { lower, upper, size } of bars) {
    const bar = svg('rect', {
      class: 'bar',
      x: x(lower) + 0.5,
      y: y(size),
      width: Math.max(x(upper) - x(lower) - 1, 1),
      height: Math.max(frame.bottom - y(size), 1),
    });
    bar.append(svg('title', {}, `${micros(upper <= 1 ? 0 : lower)} to ${micros(upper)}: ${count(size)}`));
    chart.append(bar);
  }
  line(frame.left, frame.bottom, frame.right, frame.bottom, 'axis');
  for (const [name, value] of [['p50', latency.p50], ['p99', latency.p99]]) {
    line(x(value), frame.top - 6, x(value), frame.bottom, 'mark');
    const near = name === 'p99' && Math.abs(x(value) - x(latency.p50)) < 26;
    if (!near) text(x(value), frame.top - 9, x(value) > frame.right - 16 ? 'end' : 'middle', name, 'mark');
  }
  return chart;
}
