// Objects under the roots: folders and files, a page of them at a time.

import { element, setText } from './dom.js';
import { bytes } from './format.js';

/** The address of an object; its names are encoded one by one. */
function objectAddress(root, key) {
  return `objects/${encodeURIComponent(root)}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

export class Objects {
  #node;
  #list = element('ul');
  #path = element('p', { class: 'path' });
  #more = element('button', { type: 'button' }, 'More');
  #fault = element('p', { class: 'fault', role: 'alert' });
  #request = 0;

  constructor(node) {
    this.#node = node;
    node.append(element('h2', {}, 'Objects'), this.#path, this.#list, this.#more, this.#fault);
    this.#more.hidden = true;
  }

  /** Shows the roots, if there are any. */
  async open() {
    const answer = await this.#ask('objects');
    this.#node.hidden = !answer || answer.roots.length === 0;
    if (this.#node.hidden) return;
    setText(this.#path, '');
    this.#more.hidden = true;
    this.#list.replaceChildren(
      ...answer.roots.map(root => this.#folder(root.name, root.name, '', root.writable ? ' (writable)' : '')),
    );
  }

  #folder(words, root, prefix, note = '') {
    const button = element('button', { type: 'button', class: 'link' }, words);
    button.addEventListener('click', () => this.#show(root, prefix));
    return element('li', {}, '▸ ', button, note);
  }

  async #show(root, prefix, token = '') {
    const query = `prefix=${encodeURIComponent(prefix)}${token && `&token=${encodeURIComponent(token)}`}`;
    const page = await this.#ask(`objects/${encodeURIComponent(root)}/?${query}`);
    if (!page) return;
    const rows = [
      ...page.prefixes.map(each => this.#folder(each.slice(prefix.length), root, each)),
      ...page.objects.map(each => element(
        'li',
        {},
        element('a', { href: objectAddress(root, each.key), target: '_blank', rel: 'noopener' }, each.key.slice(prefix.length)),
        element('span', {}, ` ${bytes(each.byteSize)} · ${new Date(each.lastModified).toLocaleString()}`),
      )),
    ];
    if (token) this.#list.append(...rows);
    else this.#list.replaceChildren(this.#up(root, prefix), ...rows);
    setText(this.#path, `${root}/${prefix}`);
    this.#more.hidden = !page.nextToken;
    this.#more.onclick = () => this.#show(root, prefix, page.nextToken);
  }

  #up(root, prefix) {
    const button = element('button', { type: 'button', class: 'link' }, '..');
    const above = prefix.split('/').slice(0, -2).map(name => `${name}/`).join('');
    button.addEventListener('click', () => (prefix ? this.#show(root, above) : this.open()));
    return element('li', {}, '▸ ', button);
  }

  /** Null if it failed, or something else was asked for meanwhile. */
  async #ask(address) {
    const mine = ++this.#request;
    setText(this.#fault, '');
    try {
      const answer = await fetch(address);
      if (mine !== this.#request) return null;
      if (answer.ok) return await answer.json();
      setText(this.#fault, `The gateway answered ${answer.status}.`);
    } catch {
      setText(this.#fault, 'The gateway doesn’t answer.');
    }
    return null;
  }
}
