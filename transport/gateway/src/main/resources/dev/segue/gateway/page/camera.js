// A topic's pictures as they come: a stream of parts that replace one another in an <img>.

import { topicAddress } from './address.js';
import { element, setText } from './dom.js';

const WIDEST = 1280;

/** Bitmaps are lent as the camera wrote them; beyond this machine they are too large. */
function query(view) {
  if (view === 'image') return 'stream=multipart';
  const near = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
  return `stream=multipart&as=${near ? 'bmp' : 'jpeg'}&width=${WIDEST}`;
}

export class Camera {
  #image = element('img', { alt: '' });
  #words = element('figcaption');
  #fault = element('p', { class: 'fault', role: 'alert' });
  #button = element('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause');
  #address;
  #paused = false;
  #tries = 0;
  #timer = 0;

  constructor(key, view) {
    this.#address = topicAddress(key, query(view));
    this.#image.alt = `Live picture of ${key}`;
    this.#image.addEventListener('load', () => {
      this.#tries = 0;
      setText(this.#fault, '');
    });
    this.#image.addEventListener('error', () => this.#fail());
    this.#button.addEventListener('click', () => this.#pause(!this.#paused));
    this.node = element(
      'figure',
      { class: 'camera' },
      element('div', { class: 'screen' }, this.#image, this.#fault),
      element('div', { class: 'caption' }, this.#words, this.#button),
    );
    document.addEventListener('visibilitychange', this.#onVisible);
    this.restart();
  }

  // Nobody looks: nothing is sent.
  #onVisible = () => (document.hidden && !this.#paused ? this.#stop() : this.restart());

  /** Asks for the stream anew. */
  restart() {
    clearTimeout(this.#timer);
    if (this.#paused || document.hidden || !this.#address) return;
    // A different address each time: no cache and no stream of before may answer.
    this.#image.src = `${this.#address}&n=${Date.now()}`;
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#image.removeAttribute('src');
  }

  #pause(paused) {
    this.#paused = paused;
    this.#button.setAttribute('aria-pressed', String(paused));
    setText(this.#button, paused ? 'Play' : 'Pause');
    if (paused) this.#freeze();
    else this.restart();
  }

  /** Without a source an image is blank: the last one stays as a copy. */
  #freeze() {
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    if (width > 0) {
      const canvas = element('canvas', { width, height });
      canvas.getContext('2d').drawImage(this.#image, 0, 0);
      this.#image.src = canvas.toDataURL('image/png');
    } else {
      this.#stop();
    }
  }

  #fail() {
    if (!this.#image.hasAttribute('src') || this.#paused) return;
    setText(this.#fault, 'No picture came; trying again.');
    this.#timer = setTimeout(() => this.restart(), Math.min(1000 * 2 ** this.#tries++, 10000));
  }

  /** Once a second. */
  show(words) {
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    const shown = width > 0 && words.width && words.width !== width ? `, shown as ${width} × ${height}` : '';
    const size = words.width ? `${words.width} × ${words.height}` : width > 0 ? `${width} × ${height}` : '';
    setText(this.#words, [size + shown, words.format, words.rate].filter(Boolean).join(' · '));
  }

  close() {
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#paused = true;
    this.#stop();
  }
}
