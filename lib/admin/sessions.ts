/**
 * Browsers that have logged in: each has a random cookie, which says nothing of the
 * token. They are few, and end after a while or with the token.
 */

import type { Clock } from "../net/clock.ts";

/** How long a login lasts, in ms. */
const SESSION_MS = 12 * 60 * 60 * 1000;
/** Logins at the same time; for one more, the oldest ends. */
const SESSIONS_MAX = 64;
const ID_BYTES = 32;

/** See the module's comment. */
export class Sessions {
  readonly #clock: Clock;
  readonly #cookie: string;
  /** By the hash of its id: until when it lasts, on the clock that never goes back. */
  readonly #ends = new Map<string, number>();

  /** @param name Tells its cookie from those of other programs on this host: cookies know no ports. */
  constructor(name: string, clock: Clock) {
    this.#cookie = `sluice-${name.replaceAll(/[^\w]+/g, "-")}`;
    this.#clock = clock;
  }

  /** Begins one; the result is the header line that tells the browser, with its CRLF. */
  async begin(): Promise<string> {
    const id = crypto.getRandomValues(new Uint8Array(ID_BYTES)).toHex();
    const [oldest] = this.#ends.keys();
    if (this.#ends.size >= SESSIONS_MAX) this.#ends.delete(oldest!);
    this.#ends.set(await hashOf(id), this.#clock.monotonic() + SESSION_MS);
    return this.#line(id, SESSION_MS / 1000);
  }

  /** Whether a request's cookies have the id of one. */
  async has(cookies: string | undefined): Promise<boolean> {
    for (const id of this.#idsIn(cookies)) {
      const hash = await hashOf(id);
      const end = this.#ends.get(hash);
      if (end === undefined) continue;
      if (end > this.#clock.monotonic()) return true;
      this.#ends.delete(hash);
    }
    return false;
  }

  /** Ends those that a request's cookies name; the result is the header line that tells the browser. */
  async end(cookies: string | undefined): Promise<string> {
    for (const id of this.#idsIn(cookies)) this.#ends.delete(await hashOf(id));
    return this.#line("", 0);
  }

  /** Ends all of them. */
  clear(): void {
    this.#ends.clear();
  }

  #line(id: string, seconds: number): string {
    return `Set-Cookie: ${this.#cookie}=${id}; Path=/; Max-Age=${seconds}; ` +
      "HttpOnly; SameSite=Strict\r\n";
  }

  /** Two at most: a browser has one, and it may bring one of another path along. */
  #idsIn(cookies = ""): string[] {
    const start = `${this.#cookie}=`;
    return cookies.split(";").map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(start))
      .map((pair) => pair.slice(start.length))
      .filter((id) => id.length === ID_BYTES * 2)
      .slice(0, 2);
  }
}

/** What an id is found by: finding it takes a time that says nothing of the ids that there are. */
async function hashOf(id: string): Promise<string> {
  return (await digest(id)).toHex();
}

const encoder = new TextEncoder();

async function digest(text: string): Promise<Uint8Array> {
  const bytes = encoder.encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Whether two secrets are the same: how long that takes does not depend on where they differ. */
export async function isSameSecret(
  one: string,
  other: string,
): Promise<boolean> {
  const [a, b] = await Promise.all([digest(one), digest(other)]);
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
