// All about one topic.

import { topicAddress } from './address.js';
import { Camera } from './camera.js';
import { histogram, rateChart } from './charts.js';
import { element, setText } from './dom.js';
import { ago, bytes, bytesPerSecond, count, micros, perSecond } from './format.js';
import { Payload } from './payload.js';
import { Plot } from './plot.js';
import { Publish } from './publish.js';

// Names and values of the list at the end.
const FACTS = [
  ['Samples', topic => count(topic.count)],
  ['Bytes', topic => bytes(topic.bytes)],
  ['Newest', topic => `${bytes(topic.lastByteSize)}, ${ago(topic.ageMillis)}`],
  ['Encoding', topic => topic.encoding],
  ['Media type', topic => topic.mediaType],
  ['Attachment', topic => attachment(topic.attachment)],
  ['Dropped for slow readers', topic => count(topic.dropped)],
  ['Latency p50, p90, p99', topic => latencies(topic.latencyMicros)],
  ['Longest latency', topic => (topic.latencyMicros ? micros(topic.latencyMicros.max) : '–')],
];

/** In base64; shown as text where it is one. */
function attachment(base64) {
  if (!base64) return '–';
  try {
    const values = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(values);
    if (/^[^\x00-\x1f\x7f]+$/.test(text)) return text;
  } catch {
    // It is no text.
  }
  return base64;
}

function latencies(latency) {
  return latency ? `${micros(latency.p50)}, ${micros(latency.p90)}, ${micros(latency.p99)}` : '–';
}

export class Details {
  #node;
  #key = null;
  #view = null;
  #camera = null;
  #payload = null;
  #parts = null;

  constructor(node) {
    this.#node = node;
  }

  /** Shows the topic, or that there is none of this name; null closes. */
  show(key, topic) {
    if (key !== this.#key || (topic && topic.view !== this.#view)) {
      this.#close();
      this.#node.hidden = key === null;
      if (key === null) return;
      this.#open(key, topic);
    }
    if (key !== null && topic) this.#update(topic);
  }

  /** After the connection was lost. */
  restart() {
    this.#camera?.restart();
  }

  #open(key, topic) {
    this.#key = key;
    this.#view = topic?.view ?? null;
    const back = element('a', { href: '#', class: 'close', 'aria-label': 'Close the details' }, '✕');
    const title = element('h2', { id: 'details-key', tabindex: '-1' }, element('bdi', {}, key));
    this.#node.append(element('div', { class: 'head' }, title, back));
    this.#node.scrollTop = 0;
    if (!topic) {
      this.#node.append(element('p', { class: 'note' }, 'Nothing was published on this topic yet.'));
      return;
    }
    if (topic.view === 'camera' || topic.view === 'image') {
      this.#camera = new Camera(key, topic.view);
      this.#node.append(this.#camera.node);
    }
    this.#openFigures(key, topic);
  }

  #openFigures(key, topic) {
    const parts = {
      rate: element('strong'),
      latency: element('div'),
      plot: element('div'),
      plots: [],
      values: FACTS.map(() => element('dd')),
    };
    this.#parts = parts;
    if (!this.#camera) {
      const plot = new Plot();
      this.#payload = new Payload(key, topic.view, plot);
      parts.plots.push(this.#payload.node, plot.node);
    }
    this.#node.append(
      element('section', {}, element('h3', {}, 'Latency'), parts.latency),
      element('section', {}, element('h3', {}, 'Samples/s ', parts.rate), parts.plot),
      ...parts.plots,
      ...(topic.writable && topic.view === 'text' ? [new Publish(key, topic.mediaType).node] : []),
      element('section', {}, element('h3', {}, 'Facts'), facts(parts.values)),
    );
    const address = topicAddress(key, topic.view === 'camera' ? 'as=png' : topic.view === 'message' ? 'as=json' : '');
    if (address) {
      const words = topic.view === 'camera' ? 'Open the newest frame, full size' : 'Open the newest payload';
      this.#node.append(element('p', {}, element('a', { href: address, target: '_blank', rel: 'noopener' }, words)));
    }
  }

  #update(topic) {
    const { rate, plot, latency, values } = this.#parts;
    const speed = `${perSecond(topic.perSecond)} samples/s · ${bytesPerSecond(topic.bytesPerSecond)}`;
    setText(rate, speed);
    const width = latency.clientWidth || 400;
    plot.replaceChildren(rateChart(topic.rates, width));
    FACTS.forEach(([, value], i) => setText(values[i], value(topic)));
    this.#camera?.show({ ...topic.camera, rate: speed });
    this.#payload?.show(topic);
    if (topic.latencyMicros) {
      latency.replaceChildren(histogram(topic.latencyMicros, width));
    } else if (!latency.querySelector('.note')) {
      latency.replaceChildren(
        element('p', { class: 'note' }, 'Not known: nothing of the last minute says when it was published. '
          + 'Publishers say so with ', element('code', {}, 'timestamping'), ' in Zenoh’s configuration.'));
    }
  }

  #close() {
    this.#camera?.close();
    this.#payload?.close();
    this.#camera = this.#payload = this.#parts = this.#key = this.#view = null;
    this.#node.replaceChildren();
  }
}

function facts(values) {
  return element('dl', {}, ...FACTS.map(([name], i) => element('div', {}, element('dt', {}, name), values[i])));
}
