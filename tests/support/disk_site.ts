/** A program with a cache on disk before an origin that counts, started again at will. */

import { assertEquals } from "./assert.ts";
import { requestOf } from "./admin.ts";
import { pause } from "./clock.ts";
import { behindMounts } from "./mounts.ts";
import { ok, Origin, type PeerScript } from "./origin.ts";
import { type Message, Peer } from "./peer.ts";
import { type Ended, Program } from "./program.ts";
import { get } from "./proxy.ts";
import { freePort } from "./free_port.ts";

/** With how many workers it is tested. */
export const WORKERS: readonly number[] = Deno.build.os === "linux"
  ? [1, 2]
  : [1];

/** Times that what is kept is asked for: it is told once a second. */
const TRIES_MAX = 3000;
/** Between two requests while something is waited for that takes a second, in ms. */
const BREATH_MS = 10;
const SIZE = "64MiB";

/** What of the configuration a test wants otherwise. */
export interface DiskSiteOptions {
  readonly workers?: number;
  readonly disk?: Readonly<Record<string, unknown>>;
  readonly cache?: Readonly<Record<string, unknown>>;
  /** Content of a path; the same each time. */
  readonly contentOf?: (path: string) => string;
  /** Whether the origin does not say how long the content is. */
  readonly isChunked?: boolean;
  /** Other header lines of the origin's response. */
  readonly fields?: readonly string[];
  /** What the origin does in place of answering with the content of the path. */
  readonly script?: PeerScript;
  /** What mounts a file system at `$CACHE` that only the program sees. */
  readonly mount?: string;
}

/** The content of a path, unless a test says otherwise: that of `/large` has a file of its own. */
function usualContent(path: string): string {
  return path.repeat(path === "/large" ? 50_000 : 1);
}

/** See the module's comment. */
export class DiskSite implements AsyncDisposable {
  readonly folder: string;
  /** The paths that the origin was asked for. */
  readonly asked: string[] = [];
  readonly #options: DiskSiteOptions;
  readonly #origin: Origin;
  readonly #port: number;
  readonly #adminPort: number;
  #program: Program | undefined;

  private constructor(
    options: DiskSiteOptions,
    folder: string,
    [port, adminPort]: readonly number[],
  ) {
    this.#options = options;
    this.folder = folder;
    this.#port = port!;
    this.#adminPort = adminPort!;
    const { contentOf = usualContent, fields = [], script } = options;
    this.#origin = script
      ? Origin.serving(script)
      : Origin.answering((request) => {
        const path = request.startLine.split(" ")[1]!;
        this.asked.push(path);
        const lines = [
          "Cache-Control: max-age=3600",
          `Cache-Tag: ${path}`,
          ...fields,
        ];
        const content = contentOf(path);
        return options.isChunked
          ? chunked(content, lines)
          : ok(content, ...lines);
      });
  }

  /** Makes one that is not started yet. */
  static async create(options: DiskSiteOptions = {}): Promise<DiskSite> {
    const folder = await Deno.makeTempDir();
    const ports = [freePort(), freePort()];
    const site = new DiskSite(options, folder, ports);
    await site.configure();
    if (options.mount !== undefined) await Deno.mkdir(site.path);
    return site;
  }

  /** Where the cache is. */
  get path(): string {
    return `${this.folder}/cache`;
  }

  get pid(): number {
    return this.#program!.pid;
  }

  /** Writes the file that it goes by. */
  async configure(disk: DiskSiteOptions["disk"] = {}): Promise<void> {
    const { workers = 1, cache } = this.#options;
    const own = { path: this.path, size: SIZE, admit: 1 };
    const config = {
      listen: `127.0.0.1:${this.#port}`,
      admin: { listen: `127.0.0.1:${this.#adminPort}` },
      workers,
      upstreams: { app: { servers: [this.#origin.url] } },
      cache: {
        ...cache,
        disk: { ...own, ...this.#options.disk, ...disk },
      },
      hosts: { "*": { proxy: "app" } },
    };
    await Deno.writeTextFile(this.#file, JSON.stringify(config));
    const other = {
      ...config,
      listen: "127.0.0.1:0",
      admin: { listen: "127.0.0.1:0" },
    };
    await Deno.writeTextFile(this.#otherFile, JSON.stringify(other));
  }

  get #file(): string {
    return `${this.folder}/sluice.json`;
  }

  /** The same, but for where it listens. */
  get #otherFile(): string {
    return `${this.folder}/other.json`;
  }

  #begin(file: string, ...flags: readonly string[]): Program {
    const { mount } = this.#options;
    const args = ["--config", file, "--log-format", "off", ...flags];
    return mount === undefined
      ? new Program(...args)
      : Program.within(behindMounts(mount, this.path), ...args);
  }

  async start(): Promise<void> {
    this.#program = this.#begin(this.#file);
    await this.#program.until(/listening on/);
  }

  /** Stops it as an operator does. */
  async stop(): Promise<void> {
    this.#program!.signal("SIGTERM");
    const { code, err } = await this.#program!.ended();
    assertEquals(code, 0, err);
    this.#program = undefined;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Ends it between two instructions. */
  async kill(): Promise<void> {
    this.#program!.signal("SIGKILL");
    await this.#program!.ended();
    this.#program = undefined;
  }

  /** Starts another one beside it, elsewhere, with the same folder. */
  async second(): Promise<Ended> {
    return await this.#begin(this.#otherFile).ended();
  }

  /** Has another one take its place. */
  async replace(): Promise<void> {
    const old = this.#program!;
    const admin = `127.0.0.1:${this.#adminPort}`;
    this.#program = this.#begin(this.#file, "--replace", admin);
    await this.#program.until(/is replaced/);
    assertEquals((await old.ended()).code, 0);
  }

  /** What it has said so far. */
  get said(): string {
    return this.#program!.said;
  }

  async says(pattern: RegExp): Promise<void> {
    await this.#program!.until(pattern);
  }

  signal(signal: Deno.Signal): void {
    this.#program!.signal(signal);
  }

  /** Asks for a path, with these header lines. */
  async exchange(
    path: string,
    ...fields: readonly string[]
  ): Promise<Message> {
    return await exchange(this.#port, get(path, ...fields));
  }

  /** A connection of a client. */
  async connect(): Promise<Peer> {
    return await Peer.connect(this.#port);
  }

  /** Sends a request, and leaves once the head of the response has come; tells its status. */
  async glance(path: string, method = "GET"): Promise<number> {
    using peer = await Peer.connect(this.#port);
    await peer.send(get(path).replace("GET", method));
    return (await peer.readHead()).status;
  }

  async send(request: string, port: number = this.#port): Promise<string> {
    const { startLine, content } = await exchange(port, request);
    return `${startLine}\n${content}`;
  }

  /** Asks for a path; tells whether it came from the cache. */
  async hits(path: string): Promise<boolean> {
    const { contentOf = usualContent } = this.#options;
    const message = await exchange(this.#port, get(path));
    assertEquals(message.status, 200);
    assertEquals(message.content === contentOf(path), true, path);
    return /; hit/.test(message.field("cache-status") ?? "");
  }

  /** What the metrics say of the tier. */
  async told(name: string): Promise<number> {
    const metrics = await this.send(
      requestOf("GET", "/metrics"),
      this.#adminPort,
    );
    const value = new RegExp(`${name}\\{tier="disk"\\} (\\S+)`).exec(metrics);
    return Number(value?.[1]);
  }

  /** What the admin listener explains of a request for a path: the result, and what it says is stored. */
  async explains(path: string): Promise<{ result: string; stored: string }> {
    const url = encodeURIComponent(`http://sluice.test${path}`);
    const answer = await this.send(
      requestOf("GET", `/explain?url=${url}`, ["Accept: application/json"]),
      this.#adminPort,
    );
    const { result, steps } = JSON.parse(answer.slice(answer.indexOf("\n")));
    const step = steps.find(({ step }: { step: string }) => step === "stored");
    return { result, stored: step.words };
  }

  /** Resolves once so many records are kept on disk. */
  async untilKept(count: number): Promise<void> {
    await this.untilTold("sluice_cache_objects", count);
  }

  /** Does something again and again until more is kept on disk … */
  async untilMoreKept(act: () => Promise<void>): Promise<void> {
    await this.#untilMore("sluice_cache_objects", act);
  }

  /** … or more is not that was to be. */
  async untilMoreDropped(act: () => Promise<void>): Promise<void> {
    await this.#untilMore("sluice_cache_drops_total", act);
  }

  async #untilMore(name: string, act: () => Promise<void>): Promise<void> {
    const before = await this.told(name);
    while (await this.told(name) <= before) {
      await act();
      await pause(BREATH_MS);
    }
  }

  /** Resolves once the metrics say so of the tier. */
  async untilTold(name: string, value: number): Promise<void> {
    let told = NaN;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      told = await this.told(name);
      if (told === value) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${name} is ${told}, not ${value}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const program = this.#program;
    if (program !== undefined) {
      try {
        program.signal("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended
      }
      await program.ended();
    }
    await this.#origin[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** In chunks that have nothing to do with how it is kept. */
function chunked(content: string, lines: readonly string[]): string {
  const chunks: string[] = [];
  for (let at = 0; at < content.length; at += 300_000) {
    const chunk = content.slice(at, at + 300_000);
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  }
  const head = ["HTTP/1.1 200 OK", ...lines, "Transfer-Encoding: chunked"];
  return `${head.join("\r\n")}\r\n\r\n${chunks.join("")}0\r\n\r\n`;
}

async function exchange(port: number, request: string): Promise<Message> {
  using peer = await Peer.connect(port);
  await peer.send(request);
  return await peer.readMessage();
}
