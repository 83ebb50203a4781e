/** What a run puts up and takes down again: a directory, and processes on their cores. */

import { processesOf, statOf } from "./process_tree.ts";

/** How long a program may take to end when it is asked to. */
const END_MS = 3000;

/** A program that runs until it is stopped. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** What it has printed. */
  log(): string;
  /** Whether it has ended by itself. */
  hasEnded(): boolean;
}

interface Child extends Running {
  readonly process: Deno.ChildProcess;
}

/** Runs `$0 >>LOG` in place of the shell, so that the process number stays the same. */
const INTO_LOG = 'exec >>"$0" 2>&1 "$@"';

/** See the module's comment. */
export class Stage implements AsyncDisposable {
  readonly directory: string;
  readonly #children = new Set<Child>();
  #count = 0;
  #isOver = false;

  constructor() {
    // In memory where there is such a thing, so that no peer waits for a disk.
    const isInMemory = isDirectory("/dev/shm");
    const prefix = "sluice-bench-";
    this.directory = Deno.makeTempDirSync(
      isInMemory ? { dir: "/dev/shm", prefix } : { prefix },
    );
  }

  /** A new directory within. */
  newDirectory(name: string): string {
    const path = `${this.directory}/${name}-${this.#count++}`;
    Deno.mkdirSync(path);
    return path;
  }

  /** Starts a program. */
  start(name: string, command: readonly string[], cores: string): Running {
    // Whoever still runs when a run is broken off starts nothing more.
    if (this.#isOver) throw new Error("The run is over");
    const log = `${this.directory}/${name}-${this.#count++}.log`;
    const process = new Deno.Command("sh", {
      args: ["-c", INTO_LOG, log, "taskset", "-c", cores, ...command],
      stdin: "null",
    }).spawn();
    let ended = false;
    const child: Child = {
      name,
      process,
      pid: process.pid,
      log: () => Deno.readTextFileSync(log).trim(),
      hasEnded: () => ended,
    };
    process.status.then(() => ended = true);
    this.#children.add(child);
    return child;
  }

  /**
   * Runs a program to its end.
   *
   * @returns What it has printed.
   * @throws {Error} It failed, or took longer than it may.
   */
  async run(
    command: readonly string[],
    cores: string,
    timeoutMs: number,
  ): Promise<string> {
    const [name = ""] = command;
    const child = this.start(name, command, cores) as Child;
    const timer = setTimeout(() => this.stop(child), timeoutMs);
    const { success } = await child.process.status;
    clearTimeout(timer);
    this.#children.delete(child);
    const output = child.log();
    if (success) return output;
    throw new Error(`${name} failed or hung: ${output}`);
  }

  /** Ends a program with all its processes, each by its own number. */
  async stop(running: Running): Promise<void> {
    const child = running as Child;
    if (!this.#children.delete(child)) return;
    const family = processesOf(child.pid);
    if (!child.hasEnded()) child.process.kill("SIGTERM");
    const timer = setTimeout(() => {
      if (!child.hasEnded()) child.process.kill("SIGKILL");
    }, END_MS);
    await child.process.status;
    clearTimeout(timer);
    for (const { pid, startTicks } of family) {
      // What is left of it: the same number is another process if it began later.
      if (statOf(pid)?.startTicks === startTicks) killQuietly(pid);
    }
  }

  /** Ends everything and removes the directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#children].map((child) => this.stop(child)));
    try {
      Deno.removeSync(this.directory, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false; // not there, or not for us
  }
}

function killQuietly(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
