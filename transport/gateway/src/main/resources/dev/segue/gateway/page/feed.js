// The list of topics, each second, and what to do when it doesn't come.

const SILENCE_MILLIS = 6000;
const LONGEST_WAIT_MILLIS = 10000;

export class Feed {
  #onTopics;
  #onState;
  #source = null;
  #timer = 0;
  #failures = 0;

  /** onState is told 'connecting', 'live', 'locked', or 'lost' with the time of the next try. */
  constructor(onTopics, onState) {
    this.#onTopics = onTopics;
    this.#onState = onState;
  }

  async open() {
    this.#close();
    if (this.#failures === 0) this.#onState('connecting');
    try {
      // An EventSource doesn't tell what was answered.
      const answer = await fetch('topics?stream', { method: 'HEAD', signal: AbortSignal.timeout(SILENCE_MILLIS) });
      if (answer.status === 401) {
        this.#onState('locked');
      } else if (answer.ok) {
        this.#listen();
      } else {
        this.#lose(`the gateway answered ${answer.status}`);
      }
    } catch {
      this.#lose('the gateway doesn’t answer');
    }
  }

  #listen() {
    this.#close(); // Another try may have been answered meanwhile.
    const source = new EventSource('topics?stream');
    this.#source = source;
    this.#watch();
    source.addEventListener('topics', event => {
      if (source !== this.#source) return;
      this.#watch();
      this.#failures = 0;
      this.#onState('live');
      this.#onTopics(JSON.parse(event.data));
    });
    source.addEventListener('error', () => {
      if (source === this.#source) this.#lose('the connection ended');
    });
  }

  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose('the gateway went silent'), SILENCE_MILLIS);
  }

  #lose(why) {
    this.#close();
    const wait = Math.min(1000 * 2 ** this.#failures++, LONGEST_WAIT_MILLIS);
    this.#timer = setTimeout(() => this.open(), wait);
    this.#onState('lost', why, Date.now() + wait);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}

/** Shows the token once, for a cookie; null when it is taken, else why it isn't. */
export async function unlock(token) {
  try {
    const answer = await fetch('session', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    return answer.ok ? null : answer.status === 401 ? 'This is not the token.' : `The gateway answered ${answer.status}.`;
  } catch (fault) {
    // What no header may have is refused before it is sent.
    return fault instanceof TypeError && /[^\x20-\x7e]/.test(token) ? 'This is not the token.' : 'The gateway doesn’t answer.';
  }
}
