/** The content of a stored response in another form: made once, on first use, then kept with it. */

import { Signal } from "../cache/store/signal.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import { decode, encode, NoRoomError } from "../coding/encoder.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { type Exchange, resumeReading } from "../exchange/exchange_state.ts";
import type { Site } from "../exchange/site.ts";

/** For a form to be made; then the response is served as it is stored. */
const FORM_WAIT_MS = 5000;

/** A form that is being made, or waits for that. */
class FormInMaking extends Signal {
  /** The content, once it is there. */
  content: Uint8Array | undefined;
  /** Whether it is made, or will never be. */
  isOver = false;
  /** How many wait for it. */
  waiting = 0;

  /** Ends the making. */
  end(content: Uint8Array | undefined): void {
    this.content = content;
    this.isOver = true;
    this.notify();
  }
}

/**
 * The content of a whole stored response in another form, as soon as it is made.
 * Undefined if it is not to be had: it cannot be decoded, or not within the bound of
 * an object, or too much is being made already, or it takes too long.
 *
 * @throws {HttpError} Why the exchange ended meanwhile.
 */
export function makeForm(
  x: Exchange,
  stored: StoredResponse,
  form: ContentForm,
): Promise<Uint8Array | undefined> {
  const { site } = x;
  const known = stored.inCoding(form);
  if (known instanceof FormInMaking) return formMade(x, known);
  if (known === "none" || !site.codingLoad.takesForms) {
    return Promise.resolve(undefined);
  }
  const making = new FormInMaking();
  stored.coded.set(form, making);
  site.cache!.store.pin(stored); // whoever asks has pinned it, too: it is there
  const made = formMade(x, making);
  site.codingLoad.enter(() => make(site, stored, form, making));
  return made;
}

/** Waits for a form, but not for long; undefined if it is not there then. */
async function formMade(
  x: Exchange,
  making: FormInMaking,
): Promise<Uint8Array | undefined> {
  making.waiting++;
  resumeReading(x); // so that the client's leaving is seen
  let isLate = false;
  x.waitOn(making);
  x.expectRelay(FORM_WAIT_MS, () => {
    isLate = true;
    making.notify();
  });
  while (!making.isOver && !isLate && x.failure === undefined) {
    await making.wait();
  }
  making.waiting--;
  x.relayDeadline.clear();
  x.waitOn();
  if (x.failure !== undefined) throw x.failure;
  return making.content;
}

/** Makes a form, unless nobody waits for it any more; never rejects. */
async function make(
  { cache, codingLoad: { pace }, meter }: Site,
  stored: StoredResponse,
  coding: ContentForm,
  making: FormInMaking,
): Promise<void> {
  const { store } = cache!;
  const { body, coded } = stored;
  let claimed = 0;
  const bounds = {
    pace,
    mayKeep(bytes: number): boolean {
      if (!store.ledger.claim(bytes)) return false;
      claimed += bytes;
      return true;
    },
  };
  try {
    if (making.waiting === 0) {
      coded.delete(coding);
      return;
    }
    const content = coding === "identity"
      ? await decode(body, "gzip", store.limits.objectBytesMax, bounds)
      : await encode(body, coding, bounds);
    if (coding !== "identity") {
      meter?.encoded(coding, body.length, content.length);
    }
    coded.set(coding, content);
    making.content = content;
  } catch (error) {
    // Not what it says it is, or a bomb: it is served as it came.
    if (!(error instanceof NoRoomError)) coded.set(coding, "none");
    else coded.delete(coding);
  } finally {
    store.ledger.unclaim(claimed);
    store.ledger.recount(stored);
    making.end(making.content);
    store.unpin(stored);
  }
}
