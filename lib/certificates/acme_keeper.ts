/**
 * Keeps certificates of ACME for a list of names: what is stored is used at once, what
 * is missing is ordered, one name after the other, and what gets old is renewed.
 *
 * Failed orders are tried again, ever later. Only the process that has the storage
 * orders; another one uses what it finds there.
 */

import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import type { AcmeStorage } from "./acme_storage.ts";
import { backoffMs, renewalMs } from "./acme_schedule.ts";
import { askAgainMs, type RenewalInfo, suggestedMs } from "./renewal_info.ts";
import { type CertificateText, readCertificate } from "./certificate.ts";

/** How often it looks whether something is due. */
const LOOK_MS = 10_000;
/** Between two orders. */
const PAUSE_MS = 1000;

/** What is known of a name. */
interface Name {
  /** When it is ordered next, in ms since the epoch. */
  dueMs: number;
  failures: number;
  /** When the authority is asked next what it suggests. */
  askMs: number;
  /** What it has suggested, in words that change with it. */
  suggested: string;
}

function newName(): Name {
  return { dueMs: 0, failures: 0, askMs: 0, suggested: "" };
}

/** What orders. */
export interface Orderer {
  /**
   * Orders a certificate, and puts it into the storage.
   *
   * @param before The one that it takes the place of, in PEM.
   */
  order(name: string, before: string | undefined): Promise<void>;
  /** When the authority suggests to renew a certificate; undefined if it does not. */
  renewalInfo(cert: string): Promise<RenewalInfo | undefined>;
  /** How long the authority has asked to be left alone, in ms. */
  readonly askedPauseMs: number;
}

/** See the module's comment. */
export class AcmeKeeper {
  readonly #storage: AcmeStorage;
  readonly #orderer: Orderer;
  readonly #clock: Clock;
  readonly #onChange: () => Promise<void>;
  readonly #names = new Map<string, Name>();
  #certificates = new Map<string, CertificateText>();
  #cancel: (() => void) | undefined;
  #isStopped = false;
  #isRunning = false;
  /** Whether it has been said that another process orders. */
  #isTold = false;

  /** @param onChange Called when there are other certificates than before. */
  constructor(
    storage: AcmeStorage,
    orderer: Orderer,
    clock: Clock,
    onChange: () => Promise<void>,
  ) {
    this.#storage = storage;
    this.#orderer = orderer;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The certificates that there are. */
  get certificates(): readonly CertificateText[] {
    return [...this.#certificates.values()];
  }

  /** Keeps certificates for these names from now on; resolves when what is stored has been read. */
  async setNames(names: readonly string[]): Promise<void> {
    for (const name of this.#names.keys()) {
      if (names.includes(name)) continue;
      this.#names.delete(name);
      this.#certificates.delete(name);
    }
    for (const name of names) {
      if (this.#names.has(name)) continue;
      this.#names.set(name, newName());
      await this.#readStored(name);
    }
  }

  /** Reads what is stored for a name; returns whether it is another than before. */
  async #readStored(name: string): Promise<boolean> {
    const known = this.#names.get(name);
    const stored = await this.#storage.readCertificate(name);
    if (stored === undefined || known === undefined) return false;
    try {
      const facts = readCertificate(stored);
      known.dueMs = renewalMs(facts, Math.random());
      known.failures = 0;
      known.askMs = 0;
      known.suggested = "";
    } catch {
      return false; // damaged: another one is ordered
    }
    const isNew = this.#certificates.get(name)?.cert !== stored.cert;
    this.#certificates.set(name, stored);
    return isNew;
  }

  /** Orders what is due, from now until `stop`. */
  start(): void {
    this.#cancel = this.#clock.after(0, () => this.#look());
  }

  /** Orders nothing more; one that is under way goes on to its end. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#storage.release();
  }

  async #look(): Promise<void> {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    try {
      await this.#askForSuggestions();
      await this.#orderDue();
    } catch (error) {
      logEvent("error", `acme: ${(error as Error).message}`);
    }
    this.#isRunning = false;
    if (this.#isStopped) return;
    this.#cancel = this.#clock.after(LOOK_MS, () => this.#look());
  }

  /** Asks the authority when it wants certificates renewed (RFC 9773). */
  async #askForSuggestions(): Promise<void> {
    for (const [name, known] of this.#names) {
      const text = this.#certificates.get(name);
      const nowMs = this.#clock.now();
      const isDue = known.askMs <= nowMs && known.dueMs > nowMs;
      if (!isDue || text === undefined || this.#isStopped) continue;
      if (!await this.#storage.take()) return; // another process orders, and asks
      known.askMs = askAgainMs(nowMs);
      try {
        const info = await this.#orderer.renewalInfo(text.cert);
        if (info !== undefined) this.#follow(name, known, text, info);
      } catch (error) {
        logEvent("info", `acme: ${name}: ${(error as Error).message}`);
        return; // the others are asked next time
      }
    }
  }

  #follow(
    name: string,
    known: Name,
    text: CertificateText,
    info: RenewalInfo,
  ): void {
    known.askMs = info.againMs;
    const suggested = `${info.startMs} ${info.endMs}`;
    if (suggested === known.suggested) return; // the time that was chosen stays
    known.suggested = suggested;
    known.dueMs = suggestedMs(info, readCertificate(text), Math.random());
    if (known.dueMs > this.#clock.now()) return;
    logEvent("info", `acme: the authority wants ${name} renewed now`);
  }

  async #orderDue(): Promise<void> {
    const due = [...this.#names].filter(([, { dueMs }]) =>
      dueMs <= this.#clock.now()
    );
    if (due.length === 0) return;
    if (!await this.#storage.take()) return await this.#useOthers(due);
    this.#isTold = false;
    for (const [name, known] of due) {
      if (this.#isStopped || !this.#names.has(name)) continue;
      await this.#orderOne(name, known);
      await new Promise<void>((resolve) =>
        this.#clock.after(PAUSE_MS, resolve)
      );
    }
  }

  /** Another process orders: its certificates are ours, too. */
  async #useOthers(due: readonly [string, Name][]): Promise<void> {
    if (!this.#isTold) {
      logEvent(
        "info",
        `acme: another process has ${this.#storage.folder}; it orders, and this one uses what it gets`,
      );
    }
    this.#isTold = true;
    let hasNew = false;
    for (const [name] of due) {
      if (await this.#readStored(name)) hasNew = true;
    }
    if (hasNew) await this.#onChange();
  }

  async #orderOne(name: string, known: Name): Promise<void> {
    try {
      await this.#orderer.order(name, this.#certificates.get(name)?.cert);
      if (!await this.#readStored(name)) {
        throw new Error("what came is not a certificate with its key");
      }
    } catch (error) {
      known.failures++;
      const { message } = error as Error;
      const pauseMs = Math.max(
        backoffMs(known.failures, message, Math.random()),
        this.#orderer.askedPauseMs,
      );
      known.dueMs = this.#clock.now() + pauseMs;
      const minutes = Math.ceil(pauseMs / 60_000);
      return logEvent(
        "error",
        `acme: no certificate for ${name} (${message}); the next attempt is in ${minutes} min`,
      );
    }
    await this.#onChange();
    logEvent("info", `acme: there is a new certificate for ${name}`);
  }
}
