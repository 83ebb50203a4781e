/**
 * The events of the page. A stream that is lost is opened again, at longer and longer
 * intervals; one that says nothing is lost, too. A page that nobody sees has none: a
 * browser has six connections to a host, for all of its tabs.
 */

/** Something comes each second. */
const SILENCE_MS = 5000;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 8000;
/** How long a page that is hidden goes on. */
const HIDDEN_MS = 15_000;

/** See the module's comment. */
export class Stream {
  #onUpdate;
  #onLost;
  /** Undefined while there is none. */
  #source;
  #retryMs = RETRY_MIN_MS;
  /** What happens next if nothing else does. */
  #timer;
  /** Whether that is the end of a stream that nobody sees. */
  #isHiding = false;

  /**
   * Listens for as long as the page is open.
   *
   * @param {(update: any) => void} onUpdate
   * @param {(inMs: number, isRefused: boolean) => void} onLost Is told when it will be
   *   tried again, and whether somebody has answered, but with no stream.
   */
  constructor(onUpdate, onLost) {
    this.#onUpdate = onUpdate;
    this.#onLost = onLost;
    document.addEventListener("visibilitychange", () => this.#see());
    this.#open();
  }

  #next(ms, task) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(task, ms);
  }

  #open() {
    this.#isHiding = false;
    const source = this.#source = new EventSource("/live");
    this.#next(SILENCE_MS, () => this.#lose(false));
    source.addEventListener("live", ({ data }) => {
      if (source !== this.#source) return;
      this.#retryMs = RETRY_MIN_MS;
      if (document.hidden) this.#hide();
      else this.#next(SILENCE_MS, () => this.#lose(false));
      this.#onUpdate(JSON.parse(data));
    });
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      this.#lose(source.readyState === EventSource.CLOSED);
    });
  }

  #close() {
    this.#source?.close();
    this.#source = undefined;
  }

  #lose(isRefused) {
    this.#close();
    this.#onLost(this.#retryMs, isRefused);
    this.#next(this.#retryMs, () => this.#tryAgain());
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }

  async #tryAgain() {
    if (document.hidden) return; // until somebody looks
    if (await needsLogin()) location.assign("/login");
    else if (this.#source === undefined) this.#open();
  }

  /** Somebody has turned to the page, or away from it. */
  #see() {
    if (document.hidden) return this.#hide();
    this.#isHiding = false;
    if (this.#source === undefined) this.#tryAgain();
    else this.#next(SILENCE_MS, () => this.#lose(false));
  }

  #hide() {
    if (this.#isHiding || this.#source === undefined) return;
    this.#isHiding = true;
    this.#next(HIDDEN_MS, () => this.#close());
  }
}

/**
 * Logins end with the process, and after a while; a stream does not say so.
 *
 * @returns {Promise<boolean>}
 */
async function needsLogin() {
  try {
    const { status } = await fetch("/version", {
      signal: AbortSignal.timeout(SILENCE_MS),
    });
    return status === 401;
  } catch {
    return false; // nobody answers yet
  }
}
