/**
 * Basic authentication (RFC 7617) against a file of users.
 *
 * To check a password takes a tenth of a second, in a thread of its own. What was right
 * is remembered by a keyed digest, so that only the first request of a client waits. A
 * client that is wrong too often has to wait before the next check.
 */

import type { Exchange } from "../../exchange/exchange_state.ts";
import { FIELD } from "../../http/field.ts";
import { HttpError } from "../../http/error.ts";
import { addTo, keyOfLimit, type LimitKey } from "../limits/limit_key.ts";
import { countedBy } from "../limits/counted_by.ts";
import type { Counts } from "../limits/limit_memory.ts";
import { retryAfterLine } from "../limits/rate_fields.ts";
import { seedOf } from "../limits/slot_sets.ts";
import type { AccessReason } from "../../reasons/reason.ts";
import { Refusal } from "../refusal.ts";
import { authenticated } from "../authenticated.ts";
import { type AccessFinding, finding, refusing } from "../passage.ts";
import { parseBasic } from "./basic_credentials.ts";
import type { Users } from "./htpasswd.ts";
import type { PasswordQuestion } from "./bcrypt_messages.ts";
import type { PasswordThread } from "./password_thread.ts";
import { UserFile } from "./user_file.ts";

/** Ten wrong passwords at once, then one each six seconds, for each client. */
const FAILURES = { intervalMs: 6000, burst: 10 };
/** Right credentials that are remembered; then all are forgotten. */
const KNOWN_MAX = 10_000;
/** Behind the cost of a hash: what no password has. */
const NO_PASSWORD = "A".repeat(21) + "O" + "A".repeat(31);
const CHALLENGE = {
  status: 401,
  lines: 'WWW-Authenticate: Basic realm="Restricted", charset="UTF-8"\r\n',
  content: undefined,
};
const encoder = new TextEncoder();
const byClient = countedBy("client");

/** Who a client says it is. */
interface Claim {
  readonly user: string;
  readonly password: string;
  /** What the password is compared with. */
  readonly hash: string;
  readonly isUser: boolean;
  readonly digest: string;
}

/** The users of one file, and whose passwords were right. */
export class BasicAuth {
  readonly #file: UserFile;
  readonly #counts: Counts;
  readonly #passwords: PasswordThread;
  readonly #failures: LimitKey;
  readonly #salt = crypto.randomUUID();
  /** Digests of what was right, with the hash that it was right for. */
  readonly #right = new Set<string>();
  /** By digest: the checks under way. */
  readonly #looks = new Map<string, Promise<boolean>>();

  constructor(file: UserFile, counts: Counts, passwords: PasswordThread) {
    this.#file = file;
    this.#counts = counts;
    this.#passwords = passwords;
    this.#failures = keyOfLimit(seedOf(counts.memory), "wrong passwords");
  }

  async check(x: Exchange): Promise<void> {
    const { user, password, hash, isUser, digest } = await this.#claimOf(x);
    if (!this.#right.has(digest)) {
      await this.#look(x, digest, { password, hash }, isUser);
    }
    authenticated(x, user);
  }

  /** What it would do; no password is checked. */
  async explain(x: Exchange): Promise<AccessFinding> {
    try {
      const { digest } = await this.#claimOf(x);
      return this.#right.has(digest)
        ? finding("authentication", "pass", "the password is known to be right")
        : finding(
          "authentication",
          "unknown",
          "a password has to be checked",
        );
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return refusing("authentication", error);
    }
  }

  /** Who the client says it is. */
  async #claimOf(x: Exchange): Promise<Claim> {
    const { fields } = x.request;
    const isOne = !fields.isRepeated(FIELD.Authorization);
    const value = fields.text(FIELD.Authorization);
    const credentials = value === undefined || !isOne
      ? undefined
      : parseBasic(value);
    if (credentials === undefined) {
      const isNone = value === undefined;
      throw challenge(isNone ? "no-credentials" : "bad-credentials");
    }
    const users = await this.#file.read();
    if (users === undefined) {
      const detail = "There is no file of users";
      throw new Refusal("auth-unavailable", { detail });
    }
    const { user, password } = credentials;
    const isUser = users.has(user);
    const hash = users.get(user) ?? nobodyAmong(users);
    const digest = await this.#digestOf(user, password, hash);
    return { user, password, hash, isUser, digest };
  }

  async #digestOf(...parts: readonly string[]): Promise<string> {
    const text = JSON.stringify([this.#salt, ...parts]);
    const bytes = await crypto.subtle.digest("SHA-256", encoder.encode(text));
    return new Uint8Array(bytes).toHex();
  }

  /** Checks a password that is not known to be right. */
  async #look(
    x: Exchange,
    digest: string,
    question: PasswordQuestion,
    isUser: boolean,
  ): Promise<void> {
    const client = byClient(x);
    this.#assertPatient(x, client, false);
    const known = this.#looks.get(digest);
    const look = known ?? this.#passwords.check(client, question);
    if (look === undefined) {
      const detail = "Too many passwords wait to be checked";
      throw new Refusal("auth-unavailable", { detail });
    }
    this.#looks.set(digest, look);
    let isRight: boolean;
    try {
      isRight = await look && isUser;
    } catch (cause) {
      const detail = "Passwords cannot be checked";
      throw new Refusal("auth-unavailable", { detail, cause });
    } finally {
      this.#looks.delete(digest);
    }
    if (!isRight) {
      this.#assertPatient(x, client, true);
      throw challenge("wrong-credentials");
    }
    if (this.#right.size >= KNOWN_MAX) this.#right.clear();
    this.#right.add(digest);
  }

  /** Counts a failure of a client, or looks whether there were too many. */
  #assertPatient(x: Exchange, client: string, isCounted: boolean): void {
    const key = { low: 0, high: 0 };
    addTo(key, this.#failures, client);
    const nowMs = x.site.clock.now();
    const { rates } = this.#counts;
    const waitMs = rates.take(key, FAILURES, nowMs, isCounted);
    if (waitMs === 0) return;
    const lines = retryAfterLine(waitMs);
    throw new Refusal("too-many-failures", {
      response: { status: 429, lines, content: undefined },
    });
  }
}

/** A hash that is looked at for a user that there is not, for as long as for one that there is. */
function nobodyAmong(users: Users): string {
  const [hash = "$2b$10$"] = users.values();
  return hash.slice(0, "$2b$10$".length) + NO_PASSWORD;
}

function challenge(reason: AccessReason): Refusal {
  return new Refusal(reason, { response: CHALLENGE });
}
