/**
 * Maintenance: as long as a file exists, or the operator has switched it on, requests
 * get a page that says so. Nothing has to be reloaded; clients of some addresses pass,
 * so that the work can be looked at.
 */

import type { Exchange } from "../exchange/exchange_state.ts";
import { clientOf } from "../exchange/forwarded.ts";
import { mediaTypeOf } from "../files/media_type.ts";
import { PageFile } from "../files/page_file.ts";
import { reasonPhrase } from "../http/status.ts";
import { bytesOf } from "../http/bytes.ts";
import {
  type AccessFinding,
  type AccessPhase,
  explained,
  finding,
  refusing,
} from "./passage.ts";
import { Refusal } from "./refusal.ts";
import { type Cidr, isInBlocks } from "../net/cidr.ts";
import type { Clock } from "../net/clock.ts";

/** How long the file is taken to be there, or not, in ms. */
const CHECK_MS = 1000;

/** The options of maintenance: plain data. */
export interface MaintenanceOptions {
  /** The file whose existence switches it on. */
  readonly when: string;
  /** The file that clients get; undefined for the status in words. */
  readonly page: string | undefined;
  /** Usually 503. */
  readonly status: number;
  /** What clients are asked to wait, in seconds; undefined to say nothing. */
  readonly retryAfterSeconds: number | undefined;
  /** Clients that pass. */
  readonly except: readonly Cidr[];
}

/**
 * Compiles maintenance to a phase of access, which lets requests pass or throws
 * `maintenance`. Off, it costs one look at the disk a second.
 */
export function maintenancePhase(
  options: MaintenanceOptions,
  clock: Clock,
): AccessPhase {
  const maintenance = new Maintenance(options, clock);
  return explained(
    (x) => maintenance.check(x),
    (x) => maintenance.explain(x),
  );
}

const SWITCHED_ON = "it was switched on at the admin listener";

/** What a route without maintenance of its own demands while it is switched on for all. */
export const switchedMaintenance: AccessPhase = explained(
  () => {
    throw new Refusal("maintenance-on");
  },
  () =>
    refusing(
      "maintenance",
      new Refusal("maintenance-on", {
        detail: `on: ${SWITCHED_ON}`,
      }),
    ),
);

class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #clock: Clock;
  readonly #page: PageFile | undefined;
  #isOn = false;
  #checkedMs = -Infinity;
  #checking: Promise<void> | undefined;

  constructor(options: MaintenanceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    const { page } = options;
    this.#page = page === undefined ? undefined : new PageFile(page, clock);
  }

  check(x: Exchange): Promise<void> | undefined {
    if (x.site.isInMaintenance) return this.#refuse(x);
    const isKnown = this.#clock.monotonic() - this.#checkedMs < CHECK_MS;
    if (isKnown && !this.#isOn) return undefined;
    return isKnown ? this.#refuse(x) : this.#checkFirst(x);
  }

  async #checkFirst(x: Exchange): Promise<void> {
    await this.#lookOnce();
    if (this.#isOn) await this.#refuse(x);
  }

  #lookOnce(): Promise<void> {
    return this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined;
    });
  }

  /** What it would do with a request. */
  async explain(x: Exchange): Promise<AccessFinding> {
    await this.#lookOnce();
    const { when, status } = this.#options;
    const { isInMaintenance } = x.site;
    if (!this.#isOn && !isInMaintenance) {
      return finding("maintenance", "pass", `off: there is no ${when}`);
    }
    if (this.#isExcepted(x)) {
      return finding("maintenance", "pass", "on, but not for this client");
    }
    const words = `on: ${isInMaintenance ? SWITCHED_ON : `there is ${when}`}`;
    return {
      ...finding("maintenance", "refuse", words),
      reason: "maintenance-on",
      code: "maintenance",
      status,
    };
  }

  #isExcepted(x: Exchange): boolean {
    const { address, isKnown } = clientOf(x);
    return isKnown && isInBlocks(address, this.#options.except);
  }

  /** Looks for the file; never rejects. */
  async #look(): Promise<void> {
    const nowMs = this.#clock.monotonic();
    this.#isOn = await exists(this.#options.when);
    this.#checkedMs = nowMs;
  }

  async #refuse(x: Exchange): Promise<void> {
    const { status, retryAfterSeconds } = this.#options;
    if (this.#isExcepted(x)) return;
    const page = await this.#page?.read();
    const type = page === undefined
      ? "text/plain; charset=utf-8"
      : await mediaTypeOf(this.#page!.path, {});
    const retry = retryAfterSeconds === undefined
      ? ""
      : `Retry-After: ${retryAfterSeconds}\r\n`;
    const lines =
      `Content-Type: ${type}\r\nCache-Control: no-store\r\n${retry}`;
    const content = page ?? bytesOf(`${status} ${reasonPhrase(status)}\n`);
    throw new Refusal("maintenance-on", {
      response: { status, lines, content },
    });
  }
}

/** Whether there is a file; one that may not be looked at is not there. */
async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
