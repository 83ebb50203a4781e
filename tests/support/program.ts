/** The program as a user starts it: a process with a command line, signals and an exit code. */

import { PERMISSIONS } from "../../deploy/permissions.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;

/** What a program left behind. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * The command that runs `main.ts` with the permissions of the documentation, or what
 * `SLUICE_BIN` names; `-A`, if it is the first argument, gives all permissions.
 */
export function commandLine(given: readonly string[]): string[] {
  const program = Deno.env.get("SLUICE_BIN");
  const mayAll = given[0] === "-A";
  const args = mayAll ? given.slice(1) : given;
  const permissions = mayAll ? ["-A"] : PERMISSIONS;
  return program === undefined
    ? [Deno.execPath(), "run", ...permissions, MAIN, ...args]
    : [program, ...args];
}

/** A running program; see the module's comment. */
export class Program {
  readonly #child: Deno.ChildProcess;
  readonly #pumps: Promise<void>[];
  #out = "";
  #err = "";
  #onOutput: (() => void) | undefined;
  #hasEnded = false;
  /** Takes the lines of standard output one by one, in place of `Ended.out`: for output without end. */
  onLine: ((line: string) => void) | undefined;

  /** Starts the program with these arguments. */
  constructor(...args: readonly string[]) {
    const [path, ...words] = [...Program.#wrapper, ...commandLine(args)];
    this.#child = new Deno.Command(path!, {
      args: words,
      env: Program.#variables,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#pumps = [
      this.#pump(this.#child.stdout, (text) => this.#takeOut(text)),
      this.#pump(this.#child.stderr, (text) => this.#err += text),
    ];
    Promise.all(this.#pumps).then(() => {
      this.#hasEnded = true;
      this.#onOutput?.();
    });
  }

  static #variables: Record<string, string> = {};

  /** The same, with these variables in its environment. */
  static among(
    variables: Record<string, string>,
    ...args: readonly string[]
  ): Program {
    Program.#variables = variables;
    try {
      return new Program(...args);
    } finally {
      Program.#variables = {};
    }
  }

  static #wrapper: readonly string[] = [];

  /** The same, started by another command, which the program's own follows. */
  static within(
    wrapper: readonly string[],
    ...args: readonly string[]
  ): Program {
    Program.#wrapper = wrapper;
    try {
      return new Program(...args);
    } finally {
      Program.#wrapper = [];
    }
  }

  #takeOut(text: string): void {
    this.#out += text;
    if (this.onLine === undefined) return;
    const lines = this.#out.split("\n");
    this.#out = lines.pop()!;
    for (const line of lines) this.onLine(line);
  }

  async #pump(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    take: (text: string) => void,
  ): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      take(text);
      this.#onOutput?.();
    }
  }

  /**
   * Waits until standard output or standard error matches.
   *
   * @throws {Error} if the program ends before, with what it said.
   */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#err) ?? pattern.exec(this.#out);
      if (match !== null) return match;
      if (this.#hasEnded) {
        throw new Error(`It ended before ${pattern}: ${this.#out}${this.#err}`);
      }
      await new Promise<void>((resolve) => this.#onOutput = resolve);
    }
  }

  /** The port that it says it listens on. */
  async port(): Promise<number> {
    return Number((await this.until(/listening on [^ ,]*:(\d+)/))[1]);
  }

  /** What it has said on standard error so far. */
  get said(): string {
    return this.#err;
  }

  /** Its process number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async ended(): Promise<Ended> {
    const { code } = await this.#child.status;
    await Promise.all(this.#pumps);
    return { code, out: this.#out, err: this.#err };
  }
}
