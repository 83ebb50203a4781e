/**
 * The certificates of a running sluice: read at the start and at each reload, again
 * when their files change, and looked at every day whether they are about to expire.
 */

import {
  type CertificateText,
  readCertificate,
} from "../certificates/certificate.ts";
import { expiryNotice } from "../certificates/expiry.ts";
import {
  type CertificateDisk,
  CertificateFiles,
  type Found,
} from "../certificates/files.ts";
import { makeSelfSigned } from "../certificates/self_signed.ts";
import type { ProofBoard } from "../certificates/acme_order.ts";
import { CertificateTable, type TlsOptions } from "../certificates/table.ts";
import type { ResolvedConfig, ResolvedTls } from "../config/resolved.ts";
import type { Clock } from "../net/clock.ts";
import type { Proofs } from "../proxy/phases.ts";
import { AcmeKeepers } from "./acme.ts";
import { logEvent } from "../observe/event_log.ts";

/** How often files are looked at. */
const LOOK_MS = 10_000;
const DAY_MS = 86_400_000;

/** What was read for a configuration. */
export interface ReadTls {
  /** Undefined if nobody speaks TLS. */
  readonly tls: TlsOptions | undefined;
  /** What was wrong, for the operator. */
  readonly problems: readonly string[];
  /** Whether everything that the configuration names can be used, or could before. */
  readonly isComplete: boolean;
}

/** Is called while the server runs. */
export interface CertificateWatcher {
  /** It is time to look at the files. */
  onLook(): Promise<void>;
  /** It is time to look at dates. */
  onDay(): void;
  /** There are other certificates. */
  onChange(): Promise<void>;
  /** There are other proofs; resolves when they are shown, and no others. */
  onProofs(proofs: Proofs): Promise<void>;
}

/** See the module's comment. */
export class Certificates implements ProofBoard {
  readonly #disk: CertificateDisk;
  readonly #clock: Clock;
  #files: CertificateFiles;
  #sources = "";
  /** The one of our own making, once it is there. */
  #internal: CertificateText | undefined;
  readonly #acme: AcmeKeepers;
  readonly #proofs = new Map<string, string>();
  readonly #timers = new Set<() => void>();
  #isStopped = false;
  /** Is told of changes once the server runs. */
  #watcher: CertificateWatcher | undefined;

  constructor(disk: CertificateDisk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
    this.#files = new CertificateFiles([], disk);
    this.#acme = new AcmeKeepers(
      this,
      disk,
      clock,
      async () => await this.#watcher?.onChange(),
    );
  }

  /** Reads the certificates of a configuration; what is not in use any more is forgotten. */
  async read(config: ResolvedConfig): Promise<ReadTls> {
    try {
      return await this.#readAll(config);
    } catch (error) { // the folder of ACME, or a file of its options
      const problems = [(error as Error).message];
      return { tls: undefined, problems, isComplete: false };
    }
  }

  async #readAll(config: ResolvedConfig): Promise<ReadTls> {
    const { tls, hosts, listen } = config;
    if (!listen.some(({ secure }) => secure)) {
      return { tls: undefined, problems: [], isComplete: true };
    }
    const all = [tls, ...hosts.map(({ tls }) => tls)].filter((tls) =>
      tls !== undefined
    );
    const sources = all.flatMap(({ certificates }) => certificates);
    const key = JSON.stringify(sources);
    if (key !== this.#sources) {
      this.#files = new CertificateFiles(sources, this.#disk, this.#files);
      this.#sources = key;
    }
    const found = await this.#files.read();
    await this.#acme.prepare(config, found.certificates);
    // For development, and until the first certificate has been ordered.
    const needsInternal = this.#acme.areUsed ||
      all.some(({ internal }) => internal);
    const own = needsInternal
      ? [this.#internal ??= await makeSelfSigned(this.#clock.now())]
      : [];
    const ordered = this.#acme.certificates;
    const certificates = [...found.certificates, ...ordered, ...own];
    return checked(certificates, tls, found);
  }

  async show(path: string, proof: string): Promise<void> {
    this.#proofs.set(path, proof);
    await this.#watcher?.onProofs([...this.#proofs]);
  }

  async remove(path: string): Promise<void> {
    this.#proofs.delete(path);
    await this.#watcher?.onProofs([...this.#proofs]);
  }

  /** Whether files have changed since they were read. */
  haveChanged(): Promise<boolean> {
    return this.#files.haveChanged();
  }

  /** Says which certificates expire soon. */
  tellExpiry({ tls }: ReadTls): void {
    for (const text of tls?.certificates ?? []) {
      const notice = expiryNotice(
        readCertificate(text),
        text.source,
        this.#clock.now(),
      );
      if (notice !== undefined) logEvent(notice.level, notice.text);
    }
  }

  /** Calls back from now on, until `stop`. */
  watch(watcher: CertificateWatcher): void {
    this.#watcher = watcher;
    this.#acme.start();
    const look = async (): Promise<void> => {
      await watcher.onLook();
      this.#after(LOOK_MS, look);
    };
    const day = (): void => {
      watcher.onDay();
      this.#after(DAY_MS, day);
    };
    this.#after(LOOK_MS, look);
    this.#after(DAY_MS, day);
  }

  #after(ms: number, task: () => void): void {
    if (this.#isStopped) return;
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      task();
    });
    this.#timers.add(cancel);
  }

  /** Calls back no more. */
  stop(): void {
    this.#isStopped = true;
    this.#acme.stop();
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}

/** What can be used of what was found. */
function checked(
  certificates: readonly CertificateText[],
  tls: ResolvedTls | undefined,
  { problems, isComplete }: Found,
): ReadTls {
  const options: TlsOptions = {
    certificates,
    unknown: tls?.unknown ?? "default",
    needsTls13: tls?.minVersion === "1.3",
  };
  try {
    new CertificateTable(options);
    return { tls: options, problems, isComplete };
  } catch (error) {
    return {
      tls: undefined,
      problems: [...problems, (error as Error).message],
      isComplete: false,
    };
  }
}
