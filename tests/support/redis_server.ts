/** A real `redis-server` of the test's own, on a free port; it keeps nothing on disk. */

import { Peer } from "./peer.ts";
import { needing } from "./installed.ts";
import { freePort } from "./free_port.ts";

/** As {@linkcode needing} tells. */
export function needingRedis(
  name: string,
): Promise<{ readonly name: string; readonly ignore: boolean }> {
  return needing(name, "redis-server");
}

/** See the module's comment. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #options: readonly string[];
  #child: Deno.ChildProcess | undefined;

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  /** Starts one with options such as `--maxmemory 3mb`. */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(freePort(), options);
    await server.begin();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it where it was, with no data. */
  async begin(): Promise<void> {
    this.#child = new Deno.Command("redis-server", {
      args: [
        ...["--bind", "127.0.0.1", "--port", String(this.port)],
        ...["--save", "", "--appendonly", "no", ...this.#options],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    let said = "";
    while (!said.includes("Ready to accept connections")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`redis-server ended: ${said}`);
      said += value;
    }
    (async () => {
      while (!(await reader.read()).done);
    })();
  }

  /** Sends it a signal: SIGSTOP has it be silent, SIGKILL ends it. */
  signal(signal: Deno.Signal): void {
    this.#child?.kill(signal);
  }

  /** Ends it at once, with what it has. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGCONT");
    child?.kill("SIGKILL");
    await child?.status;
  }

  /** Sends a command of words without spaces; what it answers. */
  async ask(...words: readonly string[]): Promise<string> {
    using peer = await Peer.connect(this.port);
    await peer.send(`${words.join(" ")}\r\nQUIT\r\n`);
    return await peer.readToEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
