/**
 * The certificates of a running sluice that are ordered by ACME. Hosts may go to
 * different authorities: for each there is a keeper, and what they keep is in one
 * folder, or in several.
 */

import { AcmeKeeper } from "../certificates/acme_keeper.ts";
import {
  ACME_DIRECTORY,
  AcmeClient,
  type ProofBoard,
} from "../certificates/acme_order.ts";
import { isOrderable } from "../certificates/acme_schedule.ts";
import { AcmeStorage, FolderLock } from "../certificates/acme_storage.ts";
import {
  type CertificateText,
  readCertificate,
} from "../certificates/certificate.ts";
import type { CertificateDisk } from "../certificates/files.ts";
import type { ResolvedConfig, ResolvedTls } from "../config/resolved.ts";
import { fnvText } from "../http/fnv.ts";
import { coversName } from "../net/certificate_names.ts";
import type { Clock } from "../net/clock.ts";

/** The most bytes of a file that options name. */
const FILE_BYTES_MAX = 1024 * 1024;

type Options = NonNullable<ResolvedTls["acme"]>;

/** The hosts that go to one authority. */
interface Group {
  readonly options: Options;
  readonly names: string[];
}

/** See the module's comment. */
export class AcmeKeepers {
  readonly #board: ProofBoard;
  readonly #disk: CertificateDisk;
  readonly #clock: Clock;
  readonly #onChange: () => Promise<void>;
  /** By options. */
  #keepers = new Map<string, AcmeKeeper>();
  /** By folder: a lock is one for as long as the program runs. */
  readonly #locks = new Map<string, FolderLock>();
  #isStarted = false;

  /** @param onChange Called when there are other certificates than before. */
  constructor(
    board: ProofBoard,
    disk: CertificateDisk,
    clock: Clock,
    onChange: () => Promise<void>,
  ) {
    this.#board = board;
    this.#disk = disk;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Whether any host has its certificate from an authority. */
  get areUsed(): boolean {
    return this.#keepers.size > 0;
  }

  /** The certificates that there are. */
  get certificates(): readonly CertificateText[] {
    return [...this.#keepers.values()].flatMap(({ certificates }) =>
      certificates
    );
  }

  /**
   * Keeps certificates for the hosts of a configuration from now on.
   *
   * @param others The certificates that there are already.
   * @throws {Error} A line for the operator: a file of the options, or the folder.
   */
  async prepare(
    config: ResolvedConfig,
    others: readonly CertificateText[],
  ): Promise<void> {
    const next = new Map<string, AcmeKeeper>();
    for (const [key, { options, names }] of groupsOf(config, others)) {
      const keeper = this.#keepers.get(key) ?? await this.#make(options);
      next.set(key, keeper);
      await keeper.setNames([...new Set(names)]);
    }
    const before = this.#keepers;
    this.#keepers = next;
    for (const [key, keeper] of next) {
      if (this.#isStarted && before.get(key) !== keeper) keeper.start();
    }
    for (const [key, keeper] of before) if (!next.has(key)) keeper.stop();
  }

  async #make(
    { storage, ca, eab, email, directory = ACME_DIRECTORY }: Options,
  ): Promise<AcmeKeeper> {
    const folder = storage ?? `${stateFolder()}acme`;
    const lock = this.#locks.get(folder) ?? new FolderLock(folder);
    this.#locks.set(folder, lock);
    const files = new AcmeStorage(lock, partOf(directory, eab?.kid));
    const trusted = ca === undefined ? undefined : await this.#text(ca);
    const options = {
      email,
      directory,
      ca: trusted,
      eab: eab && { kid: eab.kid, key: await this.#eabKey(eab.key) },
    };
    return new AcmeKeeper(
      files,
      new AcmeClient(options, files, this.#board, this.#clock),
      this.#clock,
      this.#onChange,
    );
  }

  async #eabKey(key: NonNullable<Options["eab"]>["key"]): Promise<string> {
    const text = key.kind === "text"
      ? key.text
      : (await this.#text(key.path)).trim();
    if (/^[A-Za-z0-9_-]+=*$/.test(text)) return text;
    const where = key.kind === "text" ? "" : ` ("${key.path}")`;
    throw new Error(`tls.acme.eab.key${where}: it is not written in base64url`);
  }

  async #text(path: string): Promise<string> {
    try {
      return await this.#disk.readText(path, FILE_BYTES_MAX);
    } catch (error) {
      const { message } = error as Error;
      const line = message.includes(path) ? message : `"${path}": ${message}`;
      throw new Error(line, { cause: error });
    }
  }

  /** Orders what is due, from now until `stop`. */
  start(): void {
    this.#isStarted = true;
    for (const keeper of this.#keepers.values()) keeper.start();
  }

  /** Orders nothing more. */
  stop(): void {
    this.#isStarted = false;
    for (const keeper of this.#keepers.values()) keeper.stop();
  }
}

/** By options: the names that certificates are ordered for, those of hosts with ACME that have none yet. */
function groupsOf(
  { tls, hosts }: ResolvedConfig,
  others: readonly CertificateText[],
): Map<string, Group> {
  const covered = others.map((text) => readCertificate(text).names);
  const groups = new Map<string, Group>();
  for (const host of hosts) {
    const options = (host.tls ?? tls)?.acme;
    if (options === undefined) continue;
    const key = JSON.stringify(options);
    const group = groups.get(key) ?? { options, names: [] };
    groups.set(key, group);
    group.names.push(
      ...host.names.filter((name) =>
        isOrderable(name) && !covered.some((names) => coversName(names, name))
      ),
    );
  }
  return groups;
}

/** The folder for an authority, and for an account that it knows by another name. */
function partOf(directory: string, kid: string | undefined): string {
  const { host, pathname } = new URL(directory);
  const name = `${host}${pathname}`.replace(/[^A-Za-z0-9.-]+/g, "-");
  const account = kid === undefined ? "" : `-${fnvText(kid)}`;
  return `${name.replace(/-$/, "")}${account}`;
}

/** The unit's own folder (systemd), or the one where the program runs. */
function stateFolder(): string {
  try {
    const folder = Deno.env.get("STATE_DIRECTORY")?.split(":")[0];
    return folder === undefined || folder === "" ? "" : `${folder}/`;
  } catch {
    return ""; // it may not be read
  }
}
