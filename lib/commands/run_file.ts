/** `sluice --config FILE`: runs by a file, and reads it again when it is asked to. */

import { assemble } from "../config/assemble.ts";
import { checkCertificates } from "../config/certificates.ts";
import type { FileCommand } from "../config/command.ts";
import type { Config } from "../config/config.ts";
import { configDiff, restartReasons } from "../config/diff.ts";
import type { Disk } from "../config/file/disk.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import { configOf, type ConfigPlaces } from "./config_file.ts";
import { EXIT_USAGE } from "./exit_code.ts";
import { FileWatch } from "../server/file_watch.ts";
import { type Reloads, run, type Running } from "./run.ts";

/**
 * Runs by the file of a command.
 *
 * @param say Gets one line for each problem of the file.
 * @param onStart Is called when clients are accepted.
 * @returns The exit code.
 */
export async function runFile(
  command: FileCommand,
  disk: Disk,
  clock: Clock,
  say: (line: string) => void,
  onStart: (server: Running) => void = () => {},
): Promise<number> {
  let places: ConfigPlaces = { files: [command.path], folders: [] };
  const resolved = await configOf(command, disk, say, (read) => places = read);
  if (resolved === undefined) return EXIT_USAGE;
  const config = assembled(resolved, say);
  if (config === undefined) return EXIT_USAGE;
  const reloads = new FileReloads(
    command,
    disk,
    resolved,
    places,
    clock,
    onStart,
  );
  await reloads.watch(); // before anybody is told that it runs
  return await run(config, clock, reloads);
}

/** Reads the file again, one time after another. */
class FileReloads implements Reloads {
  readonly #command: FileCommand;
  readonly #disk: Disk;
  readonly #watch: FileWatch | undefined;
  readonly #onStart: (server: Running) => void;
  /** What is in force. */
  #resolved: ResolvedConfig;
  /** Where that was read. */
  #places: ConfigPlaces;
  #server: Running | undefined;
  #isReloading = false;
  /** Whether it is to be read once more than it is being read now. */
  #isWanted = false;

  constructor(
    command: FileCommand,
    disk: Disk,
    resolved: ResolvedConfig,
    places: ConfigPlaces,
    clock: Clock,
    onStart: (server: Running) => void,
  ) {
    this.#places = places;
    this.#command = command;
    this.#onStart = onStart;
    this.#disk = disk;
    this.#resolved = resolved;
    this.#watch = command.watches
      ? new FileWatch(clock, () => this.asked())
      : undefined;
  }

  /** Begins to watch what has been read, if it is to. */
  async watch(): Promise<void> {
    await this.#watch?.watch(this.#places);
  }

  started(server: Running): void {
    this.#server = server;
    this.#onStart(server);
    if (this.#isWanted) this.asked();
  }

  stopped(): void {
    this.#server = undefined;
    this.#watch?.stop();
  }

  asked(): void {
    this.#isWanted = true;
    if (this.#server !== undefined && !this.#isReloading) this.#run();
  }

  async #run(): Promise<void> {
    this.#isReloading = true;
    while (this.#isWanted && this.#server !== undefined) {
      this.#isWanted = false;
      await this.#reloadOnce(this.#server);
    }
    this.#isReloading = false;
  }

  async #reloadOnce(server: Running): Promise<void> {
    const complaint = (line: string): void => logEvent("error", line);
    let read = this.#places;
    const resolved = await configOf(
      this.#command,
      this.#disk,
      complaint,
      (places) => read = places,
    );
    // What is wrong may be put right in a file that is not in force.
    await this.#watch?.watch(both(this.#places, read));
    const config = resolved && assembled(resolved, complaint);
    if (resolved === undefined || config === undefined) {
      return logEvent("error", "not reloaded: the configuration has errors");
    }
    const fixed = restartReasons(this.#resolved, resolved);
    if (fixed.length > 0) {
      return logEvent(
        "error",
        `not reloaded: this needs a restart: ${fixed.join(", ")}`,
      );
    }
    try {
      await server.replace(config);
    } catch (error) {
      return logEvent("error", `not reloaded: ${(error as Error).message}`);
    }
    const changes = configDiff(this.#resolved, resolved);
    this.#resolved = resolved;
    this.#places = read;
    await this.#watch?.watch(read);
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
function assembled(
  resolved: ResolvedConfig,
  say: (line: string) => void,
): Config | undefined {
  try {
    return assemble(resolved, {
      certificates: readCertificates,
      text: readSecret,
    });
  } catch (error) {
    say((error as Error).message);
    return undefined;
  }
}

/** @throws {Error} A line for the operator. */
function readSecret(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(`"${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** @throws {Error} A line for the operator. */
function readCertificates(path: string): string {
  try {
    return checkCertificates(Deno.readTextFileSync(path));
  } catch (error) {
    throw new Error(`"${path}": ${(error as Error).message}`, { cause: error });
  }
}
