// The newest payload of a topic, as text where it is text, or a message whose schema is known.

import { topicAddress } from './address.js';
import { element, setText } from './dom.js';
import { bytes } from './format.js';

const LONGEST_TEXT = 64 * 1024;
const LONGEST_DUMP = 512;

export class Payload {
  #text = element('pre', { tabindex: '0', 'aria-label': 'Newest payload' });
  #note = element('p', { class: 'note' });
  #address;
  #isText;
  #isMessage;
  #sample = -1;
  #request = null;
  #plot;

  constructor(key, view, plot) {
    this.#plot = plot;
    this.#isMessage = view === 'message';
    this.#address = topicAddress(key, this.#isMessage ? 'as=json' : '');
    this.#isText = this.#isMessage || view === 'text';
    this.node = element('section', { class: 'payload' }, element('h3', {}, 'Newest payload'), this.#text, this.#note);
  }

  /** Once a second: asks for the payload when there is another one, and no request is under way. */
  async show(topic) {
    if (topic.count === this.#sample || this.#request || !this.#address) return;
    this.#sample = topic.count;
    const most = this.#isText ? LONGEST_TEXT : LONGEST_DUMP;
    this.#request = new AbortController();
    try {
      const answer = await fetch(this.#address, { signal: this.#request.signal });
      if (answer.status === 404) {
        this.#say('', 'There is none: it was deleted, or too large to be kept.');
      } else if (!answer.ok) {
        this.#say('', `The gateway answered ${answer.status}.`);
      } else {
        const size = Number(answer.headers.get('content-length'));
        const start = await beginning(answer.body, most);
        const isWhole = start.length === size;
        const note = size === 0 ? 'It is empty.' : isWhole ? '' : `The first ${bytes(start.length)} of ${bytes(size)}.`;
        const isJson = this.#isMessage || (this.#isText && topic.mediaType.includes('json'));
        const value = isJson && isWhole ? jsonOf(start) : undefined;
        this.#plot.take(value);
        this.#say(value !== undefined ? JSON.stringify(value, null, 2) : this.#isText ? textOf(start) : dump(start), note);
      }
    } catch {
      // Another sample will come, or the page says that the connection is lost.
    } finally {
      this.#request = null;
    }
  }

  #say(text, note) {
    setText(this.#text, text);
    this.#text.hidden = text === '';
    setText(this.#note, note);
  }

  close() {
    this.#request?.abort();
  }
}

/** Up to `most` bytes; what is behind them is not sent. */
async function beginning(body, most) {
  const found = [];
  let size = 0;
  const reader = body?.getReader();
  while (reader && size < most) {
    const { done, value } = await reader.read();
    if (done) break;
    found.push(...value.subarray(0, most - size));
    size += value.length;
  }
  reader?.cancel().catch(() => {});
  return Uint8Array.from(found);
}

function textOf(start) {
  return new TextDecoder().decode(start);
}

/** Undefined where it says that it is JSON, but isn't. */
function jsonOf(start) {
  try {
    return JSON.parse(textOf(start));
  } catch {
    return undefined;
  }
}

function dump(start) {
  const lines = [];
  for (let at = 0; at < start.length; at += 16) {
    const row = [...start.subarray(at, at + 16)];
    const hex = row.map(value => value.toString(16).padStart(2, '0')).join(' ');
    const letters = row.map(value => (value > 0x1f && value < 0x7f ? String.fromCharCode(value) : '·')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${letters}`);
  }
  return lines.join('\n');
}
