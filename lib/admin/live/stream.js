/**
 * The events of the page. A stream that is lost is opened again, at longer and longer
 * intervals; one that says nothing is lost, too.
 */

/** Something comes each second. */
const SILENCE_MS = 5000;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 8000;

/**
 * Listens for as long as the page is open.
 *
 * @param {(update: any) => void} onUpdate
 * @param {(inMs: number) => void} onLost Is told when it will be tried again.
 */
export function listen(onUpdate, onLost) {
  let retryMs = RETRY_MIN_MS;
  let source = open();
  let silence = setTimeout(lost, SILENCE_MS);

  /** @returns {EventSource} */
  function open() {
    const opened = new EventSource("/live");
    opened.addEventListener("live", ({ data }) => {
      if (opened !== source) return;
      retryMs = RETRY_MIN_MS;
      clearTimeout(silence);
      silence = setTimeout(lost, SILENCE_MS);
      onUpdate(JSON.parse(data));
    });
    opened.addEventListener("error", () => {
      if (opened === source) lost();
    });
    return opened;
  }

  function lost() {
    source.close();
    clearTimeout(silence);
    onLost(retryMs);
    setTimeout(again, retryMs);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  }

  async function again() {
    if (await needsLogin()) return location.assign("/login");
    source = open();
    silence = setTimeout(lost, SILENCE_MS);
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
