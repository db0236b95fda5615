// The table of topics: a row each, changed in place.

import { hashOf } from './address.js';
import { sparkline } from './charts.js';
import { byId, element, setText, svg } from './dom.js';
import { ago, bytes, bytesPerSecond, count, micros, perSecond } from './format.js';

const MOST_ROWS = 500;
const SPARK = { width: 72, height: 20 };

const p = name => topic => topic.latencyMicros?.[name] ?? -1;
const latency = name => topic => (topic.latencyMicros ? micros(topic.latencyMicros[name]) : '–');

// What a column sorts by, and what it says.
const COLUMNS = [
  { name: 'Topic', by: topic => topic.key },
  { name: 'Kind', by: topic => topic.view, text: topic => topic.view },
  { name: 'Samples/s', by: topic => topic.perSecond, text: topic => perSecond(topic.perSecond), spark: true },
  { name: 'Bandwidth', by: topic => topic.bytesPerSecond, text: topic => bytesPerSecond(topic.bytesPerSecond) },
  { name: 'Latency p50', by: p('p50'), text: latency('p50') },
  { name: 'p99', by: p('p99'), text: latency('p99'), hint: 'Latency p99' },
  { name: 'Size', by: topic => topic.lastByteSize, text: topic => bytes(topic.lastByteSize), hint: 'Size of the newest' },
  { name: 'Seen', by: topic => -topic.ageMillis, text: topic => ago(topic.ageMillis), hint: 'Last seen' },
  {
    name: 'Dropped',
    by: topic => topic.dropped,
    text: topic => count(topic.dropped),
    hint: 'Samples that slow readers of the gateway did not get',
  },
];

export class Table {
  #rows = new Map();
  #column = COLUMNS[0];
  #down = false;
  #topics = [];

  constructor() {
    for (const column of COLUMNS) {
      const button = element('button', { type: 'button', title: column.hint ?? column.name }, column.name);
      button.addEventListener('click', () => this.#sortBy(column));
      column.head = element('th', { role: 'columnheader', scope: 'col' }, button);
      byId('columns').append(column.head);
    }
    this.#showOrder();
    byId('filter').addEventListener('input', () => this.#render());
  }

  #sortBy(column) {
    // Figures are looked at from the largest down.
    this.#down = column === this.#column ? !this.#down : column !== COLUMNS[0] && column !== COLUMNS[1];
    this.#column = column;
    this.#showOrder();
    this.#render();
  }

  #showOrder() {
    for (const column of COLUMNS) {
      column.head.setAttribute('aria-sort', column !== this.#column ? 'none' : this.#down ? 'descending' : 'ascending');
    }
  }

  show(topics) {
    this.#topics = topics;
    this.#render();
  }

  /** Marks the row of the topic whose details are shown, if any. */
  select(key) {
    for (const [each, row] of this.#rows) {
      row.tr.classList.toggle('selected', each === key);
      if (each === key) row.link.setAttribute('aria-current', 'true');
      else row.link.removeAttribute('aria-current');
    }
  }

  #render() {
    const wanted = byId('filter').value.toLowerCase();
    const found = this.#topics.filter(topic => topic.key.toLowerCase().includes(wanted));
    const { by } = this.#column;
    const sign = this.#down ? -1 : 1;
    found.sort((a, b) => sign * compare(by(a), by(b)) || compare(a.key, b.key));
    const shown = found.slice(0, MOST_ROWS);
    const rows = shown.map(topic => this.#rowOf(topic));
    const body = byId('rows');
    rows.forEach((row, i) => {
      if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null);
    });
    while (body.children.length > rows.length) body.lastChild.remove();
    this.#forget();
    const beyond = found.length - shown.length;
    const words =
      found.length === 0 ? 'none matches' : beyond > 0 ? `${count(beyond)} more: filter for them` : wanted ? `${found.length} of ${this.#topics.length}` : '';
    setText(byId('hidden-count'), words);
  }

  #rowOf(topic) {
    let row = this.#rows.get(topic.key);
    if (!row) {
      row = newRow(topic.key);
      this.#rows.set(topic.key, row);
    }
    COLUMNS.forEach((column, i) => {
      if (column.text) setText(row.texts[i], column.text(topic));
    });
    row.tr.dataset.view = topic.view;
    row.tr.classList.toggle('silent', topic.perSecond === 0);
    row.tr.classList.toggle('dropping', topic.dropped > 0);
    row.texts[1].title = topic.encoding;
    row.line.setAttribute('points', sparkline(topic.rates, SPARK.width, SPARK.height));
    return row.tr;
  }

  /** Topics that the gateway has forgotten. */
  #forget() {
    if (this.#rows.size <= this.#topics.length) return;
    const known = new Set(this.#topics.map(topic => topic.key));
    for (const key of this.#rows.keys()) {
      if (!known.has(key)) this.#rows.delete(key);
    }
  }
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function newRow(key) {
  const link = element('a', { href: hashOf(key) }, element('bdi', {}, key));
  const line = svg('polyline', {});
  const texts = [];
  const cells = COLUMNS.map((column, i) => {
    const cell = element(i === 0 ? 'th' : 'td', { role: i === 0 ? 'rowheader' : 'cell', 'data-name': column.name });
    if (i === 0) {
      cell.setAttribute('scope', 'row');
      cell.append(link);
    }
    if (column.spark) cell.append(svg('svg', { ...SPARK, class: 'spark', 'aria-hidden': 'true' }, line));
    texts.push(cell.appendChild(element('span', i === 1 ? { class: 'kind' } : {})));
    return cell;
  });
  const tr = element('tr', { role: 'row' }, ...cells);
  // The link is for the keyboard; the rest of the row is as good for a pointer.
  tr.addEventListener('click', event => {
    if (!event.target.closest('a') && String(getSelection()) === '') link.click();
  });
  return { tr, link, texts, line };
}
