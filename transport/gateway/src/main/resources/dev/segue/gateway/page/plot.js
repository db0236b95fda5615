// A number inside JSON payloads as it was in the last minute.

import { LINE_LENGTH, sparkline } from './charts.js';
import { element, setText, svg } from './dom.js';

const MOST_NUMBERS = 200;

/** The numbers of a value by their paths: `pose.x`, `joints[2]`. */
function numbersOf(value, path = '', found = new Map()) {
  if (found.size >= MOST_NUMBERS) return found;
  if (typeof value === 'number') {
    found.set(path || 'value', value);
  } else if (value && typeof value === 'object') {
    for (const [name, each] of Object.entries(value)) {
      const step = Array.isArray(value) ? `[${name}]` : path ? `.${name}` : name;
      numbersOf(each, path + step, found);
    }
  }
  return found;
}

export class Plot {
  #choice = element('select', { 'aria-label': 'Number to plot' });
  #words = element('span', { class: 'note' });
  #chart = element('div');
  #histories = new Map();

  constructor() {
    this.node = element(
      'section',
      { class: 'plot' },
      element('h3', {}, 'Number ', this.#choice, ' ', this.#words),
      this.#chart,
    );
    this.node.hidden = true;
    this.#choice.addEventListener('change', () => this.#draw());
  }

  /** Takes a payload's value; hidden while none has numbers. */
  take(value) {
    const numbers = numbersOf(value);
    for (const [path, number] of numbers) {
      const history = this.#histories.get(path) ?? [];
      history.push(number);
      if (history.length > LINE_LENGTH) history.shift();
      this.#histories.set(path, history);
    }
    for (const path of this.#histories.keys()) {
      if (!numbers.has(path)) this.#histories.delete(path);
    }
    this.node.hidden = numbers.size === 0;
    const known = [...this.#choice.options].map(option => option.value);
    const now = [...this.#histories.keys()];
    if (known.join('\n') !== now.join('\n')) {
      const chosen = this.#choice.value;
      this.#choice.replaceChildren(...now.map(path => element('option', { value: path }, path)));
      if (now.includes(chosen)) this.#choice.value = chosen;
    }
    this.#draw();
  }

  #draw() {
    const history = this.#histories.get(this.#choice.value);
    if (!history) return;
    const least = Math.min(...history);
    const most = Math.max(...history);
    const width = this.#chart.clientWidth || 400;
    const height = 72;
    const label = `${this.#choice.value}: now ${history.at(-1)}, from ${least} to ${most}`;
    const chart = svg('svg', { class: 'chart', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
    // A line that never moves lies in the middle.
    const shifted = history.map(value => (most > least ? value - least : 0.5 * (height - 2)));
    const points = most > least ? sparkline(shifted, width, height) : sparkline([...shifted, height], width, height);
    chart.append(svg('polyline', { class: 'line', points: most > least ? points : points.split(' ').slice(0, -1).join(' ') }));
    this.#chart.replaceChildren(chart);
    setText(this.#words, `${history.at(-1)} (${least} … ${most})`);
  }
}
