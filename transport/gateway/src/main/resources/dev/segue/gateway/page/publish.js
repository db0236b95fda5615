// Puts a text or JSON on a topic that may be written.

import { topicAddress } from './address.js';
import { element, setText } from './dom.js';

const OUTCOMES = {
  matched: 'Taken; somebody subscribes to it.',
  nobody: 'Taken, but nobody else subscribes to it.',
  dropped: 'The network dropped messages meanwhile.',
};

export class Publish {
  #address;
  #type;
  #text = element('textarea', { rows: '4', 'aria-label': 'Payload to publish', spellcheck: 'false' });
  #answer = element('p', { class: 'note', role: 'status' });

  constructor(key, mediaType) {
    this.#address = topicAddress(key);
    this.#type = mediaType.includes('json') ? 'application/json' : 'text/plain; charset=utf-8';
    const form = element(
      'form',
      {},
      this.#text,
      element('button', { type: 'submit' }, this.#type.startsWith('text') ? 'Publish text' : 'Publish JSON'),
    );
    form.addEventListener('submit', event => {
      event.preventDefault();
      this.#put();
    });
    this.node = element('section', { class: 'publish' }, element('h3', {}, 'Publish'), form, this.#answer);
  }

  async #put() {
    const text = this.#text.value;
    if (this.#type === 'application/json') {
      try {
        JSON.parse(text);
      } catch (fault) {
        setText(this.#answer, `This is not JSON: ${fault.message}`);
        return;
      }
    }
    try {
      const answer = await fetch(this.#address, { method: 'PUT', headers: { 'content-type': this.#type }, body: text });
      const outcome = answer.headers.get('segue-outcome');
      setText(this.#answer, answer.ok ? (OUTCOMES[outcome] ?? 'Taken.') : `The gateway answered ${answer.status}.`);
    } catch {
      setText(this.#answer, 'The gateway doesn’t answer.');
    }
  }
}
