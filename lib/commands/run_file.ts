/** `sluice --config FILE`: runs by a file, and reads it again when it is asked to. */

import { assemble } from "../config/assemble.ts";
import { checkCertificates } from "../config/certificates.ts";
import type { FileCommand } from "../config/command.ts";
import type { Config } from "../config/config.ts";
import { configDiff, restartReasons } from "../config/diff.ts";
import type { Disk } from "../config/file/disk.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import { type ReloadResult, STOPS } from "../admin/administered.ts";
import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import type { CertificateDisk } from "../certificates/files.ts";
import { Certificates, type ReadTls } from "./certificates.ts";
import { configOf, type ConfigPlaces } from "./config_file.ts";
import { EXIT_USAGE } from "./exit_code.ts";
import { FileWatch } from "../server/file_watch.ts";
import { type ConfigSource, run, type Running } from "./run.ts";

/** What a configuration needs of the disk. */
export type ConfigurationDisk = Disk & CertificateDisk;

/** What is in force. */
interface InForce {
  readonly resolved: ResolvedConfig;
  /** Where that was read. */
  readonly places: ConfigPlaces;
  readonly tls: ReadTls;
}

/**
 * Runs by the file of a command.
 *
 * @param say Gets one line for each problem of the file.
 * @param onStart Is called when clients are accepted.
 * @returns The exit code.
 */
export async function runFile(
  command: FileCommand,
  disk: ConfigurationDisk,
  clock: Clock,
  say: (line: string) => void,
  onStart: (server: Running) => void = () => {},
): Promise<number> {
  let places: ConfigPlaces = { files: [command.path], folders: [] };
  const resolved = await configOf(command, disk, say, (read) => places = read);
  if (resolved === undefined) return EXIT_USAGE;
  const certificates = new Certificates(disk, clock);
  const config = assembled(resolved, say);
  const tls = await certificates.read(resolved);
  for (const problem of tls.problems) say(problem);
  if (config === undefined || tls.problems.length > 0) return EXIT_USAGE;
  certificates.tellExpiry(tls);
  const source = new FileSource(
    command,
    disk,
    certificates,
    { resolved, places, tls },
    clock,
    onStart,
  );
  await source.watch(); // before anybody is told that it runs
  const { replaces } = command;
  return await run({ ...config, tls: tls.tls }, clock, source, replaces);
}

/** The answer to a reload that is asked for too late. */
const STOPPING: ReloadResult = { kind: "refused", errors: [STOPS] };

/** Reads the file again, one time after another. */
class FileSource implements ConfigSource {
  readonly isFixed = false;
  readonly #command: FileCommand;
  readonly #disk: Disk;
  readonly #watch: FileWatch | undefined;
  readonly #onStart: (server: Running) => void;
  readonly #certificates: Certificates;
  #inForce: InForce;
  #server: Running | undefined;
  #hasStopped = false;
  /** What is being done, one thing after another. */
  #running: Promise<void> = Promise.resolve();
  /** The next time that the file is read; undefined if nobody has asked for it. */
  #next: PromiseWithResolvers<ReloadResult> | undefined;

  constructor(
    command: FileCommand,
    disk: Disk,
    certificates: Certificates,
    inForce: InForce,
    clock: Clock,
    onStart: (server: Running) => void,
  ) {
    this.#command = command;
    this.#onStart = onStart;
    this.#disk = disk;
    this.#certificates = certificates;
    this.#inForce = inForce;
    this.#watch = command.watches
      ? new FileWatch(clock, () => this.reload())
      : undefined;
  }

  /** Begins to watch what has been read, if it is to. */
  async watch(): Promise<void> {
    await this.#watch?.watch(this.#inForce.places);
  }

  started(server: Running): void {
    this.#server = server;
    this.#onStart(server);
    this.#certificates.watch({
      onLook: () => this.#renew(),
      onDay: () => this.#certificates.tellExpiry(this.#inForce.tls),
      onChange: () => this.#useCurrent(),
      onProofs: async (proofs) => await this.#server?.showProofs(proofs),
    });
    if (this.#next !== undefined) this.#readNext();
  }

  stopped(): void {
    this.#server = undefined;
    this.#hasStopped = true;
    this.#next?.resolve(STOPPING);
    this.#watch?.stop();
    this.#certificates.stop();
  }

  get resolved(): ResolvedConfig {
    return this.#inForce.resolved;
  }

  /** Those who ask while another waits for its turn get the same result. */
  reload(): Promise<ReloadResult> {
    if (this.#hasStopped) return Promise.resolve(STOPPING);
    if (this.#next !== undefined) return this.#next.promise;
    const next = this.#next = Promise.withResolvers<ReloadResult>();
    if (this.#server !== undefined) this.#readNext();
    return next.promise;
  }

  #readNext(): void {
    const next = this.#next!;
    this.#inTurn(async (server) => {
      this.#next = undefined;
      try {
        const result = await this.#reloadOnce(server);
        server.noteReload(result.kind === "reloaded");
        next.resolve(result);
      } catch (error) {
        server.noteReload(false);
        const errors = [(error as Error).message];
        next.resolve({ kind: "refused", errors });
        throw error;
      }
    }).then(() => next.resolve(STOPPING)); // unless it has been resolved
  }

  /** Does something after what is being done, unless the server stops. */
  #inTurn(task: (server: Running) => Promise<void>): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (this.#server !== undefined) await task(this.#server);
    }).catch((error) => logEvent("error", (error as Error).message));
    return this.#running;
  }

  /** Goes by the certificates that there are now. */
  async #useCurrent(): Promise<void> {
    await this.#inTurn((server) => this.#renewOnce(server));
  }

  /** Goes by the certificates in files, if they are others than before. */
  async #renew(): Promise<void> {
    await this.#inTurn(async (server) => {
      if (!await this.#certificates.haveChanged()) return;
      await this.#renewOnce(server);
      logEvent("info", "certificates have changed and were read again");
    });
  }

  async #renewOnce(server: Running): Promise<void> {
    const complain = (line: string): void => logEvent("error", line);
    const { resolved } = this.#inForce;
    const tls = await this.#certificates.read(resolved);
    tls.problems.forEach(complain);
    const config = assembled(resolved, complain);
    if (config === undefined || tls.tls === undefined) return;
    try {
      await server.replace({ ...config, tls: tls.tls });
    } catch (error) {
      return complain(`certificates not renewed: ${(error as Error).message}`);
    }
    this.#inForce = { ...this.#inForce, tls };
  }

  /** What it logs is what it returns. */
  async #reloadOnce(server: Running): Promise<ReloadResult> {
    const errors: string[] = [];
    const complain = (line: string, isWarning = false): void => {
      if (!isWarning) errors.push(line);
      logEvent(isWarning ? "warn" : "error", line);
    };
    const refused = (
      kind: "invalid" | "refused",
      why: string,
    ): ReloadResult => {
      complain(`not reloaded: ${why}`);
      return { kind, errors };
    };
    const before = this.#inForce;
    let places = before.places;
    const resolved = await configOf(
      this.#command,
      this.#disk,
      complain,
      (read) => places = read,
      false,
    );
    // What is wrong may be put right in a file that is not in force.
    await this.#watch?.watch(both(before.places, places));
    const config = resolved && assembled(resolved, complain);
    if (resolved === undefined || config === undefined) {
      return refused("invalid", "the configuration has errors");
    }
    const fixed = restartReasons(before.resolved, resolved);
    if (fixed.length > 0) {
      return refused("refused", `this needs a restart: ${fixed.join(", ")}`);
    }
    const tls = await this.#certificates.read(resolved);
    for (const problem of tls.problems) complain(problem);
    if (!tls.isComplete) {
      await this.#certificates.read(before.resolved); // they are kept on
      return refused("invalid", "a certificate is missing");
    }
    if (this.#hasStopped) return refused("refused", STOPS);
    try {
      await server.replace({ ...config, tls: tls.tls });
    } catch (error) {
      await this.#certificates.read(before.resolved);
      return refused("refused", (error as Error).message);
    }
    const changes = configDiff(before.resolved, resolved);
    this.#inForce = { resolved, places, tls };
    this.#certificates.tellExpiry(tls);
    await this.#watch?.watch(places);
    this.#tellChanges(changes);
    return { kind: "reloaded", changes };
  }

  #tellChanges(changes: readonly string[]): void {
    const what = changes.length === 0 ? ": nothing has changed" : "";
    logEvent("info", `reloaded ${this.#command.path}${what}`);
    for (const change of changes) logEvent("info", change);
  }
}

function both(one: ConfigPlaces, other: ConfigPlaces): ConfigPlaces {
  return {
    files: [...new Set([...one.files, ...other.files])],
    folders: [...new Set([...one.folders, ...other.folders])],
  };
}

/** What the program runs by; undefined if a file of certificates is not one, which has been said. */
export function assembled(
  resolved: ResolvedConfig,
  say: (line: string) => void,
): Config | undefined {
  try {
    return assemble(resolved, {
      certificates: (path) => textOf(path, checkCertificates),
      text: (path) => textOf(path),
    });
  } catch (error) {
    say((error as Error).message);
    return undefined;
  }
}

/**
 * @param read What becomes of the text; what it throws is told as a fault of the file.
 * @throws {Error} A line for the operator.
 */
function textOf(path: string, read = (text: string): string => text): string {
  try {
    return read(Deno.readTextFileSync(path));
  } catch (error) {
    throw new Error(`"${path}": ${(error as Error).message}`, { cause: error });
  }
}
