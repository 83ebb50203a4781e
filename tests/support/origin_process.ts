/**
 * An origin in a process of its own, which a test can kill, stop and bring back. It
 * says on standard output what it was asked, before it answers.
 */

const MODULE = new URL("./origin_process_main.ts", import.meta.url).href;

/** See the module's comment. */
export class OriginProcess {
  readonly port: number;
  /** Everything that it was asked, by all of its lives: `METHOD /target`. */
  readonly asked: string[] = [];
  #child: Deno.ChildProcess | undefined;
  #read: Promise<void> = Promise.resolve();

  constructor(port: number) {
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again; resolves when it listens. */
  async start(): Promise<void> {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", MODULE, String(this.port)],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const listening = Promise.withResolvers<void>();
    this.#read = this.#readLines(this.#child, listening.resolve);
    await listening.promise;
  }

  async #readLines(
    { stdout }: Deno.ChildProcess,
    onListening: () => void,
  ): Promise<void> {
    let rest = "";
    for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line === "listening") onListening();
        else this.asked.push(line);
      }
    }
  }

  /** Has it answer in another way: `ok`, `slow` (after 200 ms) or `500`. */
  async become(mode: string): Promise<void> {
    const response = await fetch(`${this.url}/mode/${mode}`);
    await response.body?.cancel();
  }

  /** Stops it from running; it keeps its connections. */
  halt(): void {
    this.#child!.kill("SIGSTOP");
  }

  /** Lets it run again. */
  goOn(): void {
    this.#child!.kill("SIGCONT");
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#read;
    this.#child = undefined;
  }
}
