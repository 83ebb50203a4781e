/** What a recipe needs to be tried: programs, packages, sluice in front of them, and what was seen. */

import { Program } from "../support/program.ts";
import { ask, type Asked, type Question } from "./client.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url).pathname;
/** For a program to accept connections, or to say what it is waited for, in ms. */
const READY_MS = 120_000;
/** Between two looks, in ms. */
const LOOK_MS = 100;
/** Columns of what was asked, before what came. */
const COLUMN = 44;

/** A recipe that can be tried. */
export interface Recipe {
  /** Its folder in `examples/`, and its mark in `docs/recipes.md`. */
  readonly name: string;
  /** The programs that must be installed, beside Node. */
  readonly programs: readonly string[];
  /** Tries it: throws if something is not as it should be. */
  try(trial: Trial): Promise<void>;
}

/** One run of a recipe; ends what it has started. */
export class Trial implements AsyncDisposable {
  /** For its files. */
  readonly folder: string;
  /** What was run: names and versions. */
  readonly versions: string[] = [];
  /** What was seen, line by line. */
  readonly lines: string[] = [];
  readonly #say: (line: string) => void;
  readonly #children: Deno.ChildProcess[] = [];
  readonly #ended: Promise<void>[] = [];
  readonly #said: string[] = [];
  #sluice: Program | undefined;
  #port = 0;

  private constructor(folder: string, say: (line: string) => void) {
    this.folder = folder;
    this.#say = say;
  }

  /** Begins one in an empty folder. */
  static async begin(say: (line: string) => void): Promise<Trial> {
    return new Trial(await Deno.makeTempDir({ prefix: "recipe-" }), say);
  }

  /** Writes files below the folder. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.folder}/${name}`;
      await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
  }

  /** Installs packages of npm into the folder; `name@version` each. */
  async npm(...packages: readonly string[]): Promise<void> {
    await this.run("npm", ["install", "--no-audit", "--no-fund", ...packages]);
    this.versions.push(...packages.map((name) => name.replace(/@(?=\d)/, " ")));
  }

  /**
   * Runs a command to its end, in the folder.
   *
   * @returns Its standard output.
   * @throws {Error} if it fails, with what it said.
   */
  async run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    cwd = this.folder,
  ): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      cwd,
      env,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(
      `${command} ${args.join(" ")}: ${decoder.decode(stdout)}${
        decoder.decode(stderr)
      }`,
    );
  }

  /** Starts a server in the folder, and waits until its port accepts connections. */
  async start(
    port: number | undefined,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    cwd = this.folder,
  ): Promise<void> {
    if (port !== undefined && await accepts(port)) {
      throw new Error(`port ${port} is taken: ${command} cannot have it`);
    }
    const child = new Deno.Command(command, {
      args: [...args],
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#children.push(child);
    let hasEnded = false;
    this.#ended.push(
      this.#hear(child.stdout),
      this.#hear(child.stderr),
      child.status.then(() => void (hasEnded = true)),
    );
    if (port === undefined) return;
    await until(`${command} on port ${port}`, async () => {
      if (hasEnded) throw new Error(`${command} ended: ${this.said}`);
      return await accepts(port);
    });
  }

  async #hear(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#said.push(text);
    }
  }

  /** What the servers have said so far. */
  get said(): string {
    return this.#said.join("");
  }

  /** Starts sluice by a file of `examples/`, on a port of its own unless the file's is wanted. */
  async sluice(file: string, ...flags: readonly string[]): Promise<void> {
    this.#sluice = new Program(
      "--config",
      EXAMPLES + file,
      "--log-format",
      "off",
      ...flags,
    );
    this.#port = await this.#sluice.port();
  }

  /** Where sluice listens. */
  get port(): number {
    return this.#port;
  }

  /** Asks sluice. */
  async ask(question: Question | string): Promise<Asked> {
    const whole = typeof question === "string" ? { path: question } : question;
    return await ask(this.#port, whole);
  }

  /** Notes what was seen. */
  note(asked: string, seen: string): void {
    const line = `${asked.padEnd(COLUMN)} ${seen}`;
    this.lines.push(line);
    this.#say(`    ${line}`);
  }

  /**
   * Notes what was seen, if it is what was expected.
   *
   * @throws {Error} otherwise.
   */
  expect(asked: string, seen: string, expected: RegExp | string): void {
    const isSo = typeof expected === "string"
      ? seen === expected
      : expected.test(seen);
    if (isSo) return this.note(asked, seen);
    throw new Error(`${asked}: ${seen}, and not ${expected}`);
  }

  /** Asks, and expects this status and this `Cache-Status` (without the name). */
  async look(
    question: Question | string,
    status: number,
    cache: RegExp | string,
    words?: string,
  ): Promise<Asked> {
    const asked = await this.ask(question);
    const name = typeof question === "string" ? `GET ${question}` : words ??
      `${question.method ?? "GET"} ${question.path}`;
    const seen = (asked.header("cache-status") ?? "").replace("sluice; ", "");
    this.expect(
      words ?? name,
      `${asked.status}${seen === "" ? "" : `  ${seen}`}`,
      typeof cache === "string"
        ? `${status}${cache === "" ? "" : `  ${cache}`}`
        : new RegExp(`^${status}  ${cache.source}`),
    );
    return asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sluice?.signal("SIGTERM");
    await this.#sluice?.ended();
    for (const child of this.#children.toReversed()) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended before.
      }
    }
    await Promise.all(this.#ended);
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Whether somebody accepts connections at a port of this machine. */
async function accepts(port: number): Promise<boolean> {
  for (const hostname of ["127.0.0.1", "::1"]) {
    try {
      (await Deno.connect({ hostname, port })).close();
      return true;
    } catch {
      // Nobody, or not yet.
    }
  }
  return false;
}

/**
 * Waits until something is so.
 *
 * @throws {Error} if it does not come to be.
 */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
): Promise<void> {
  const endMs = performance.now() + READY_MS;
  while (!await isSo()) {
    if (performance.now() > endMs) throw new Error(`${what}: it did not come`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
