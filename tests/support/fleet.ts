/** Several sluices, each a program of its own, before one origin, with one store. */

import { pause } from "./clock.ts";
import { ok, Origin } from "./origin.ts";
import { type Message, Peer } from "./peer.ts";
import { Program } from "./program.ts";
import { get } from "./proxy.ts";

/** A sluice of a fleet. */
export interface FleetNode {
  readonly program: Program;
  readonly port: number;
  readonly admin: number;
}

/** What a fleet is made of. */
export interface FleetPlan {
  readonly url: string;
  readonly nodes: number;
  readonly workers?: number;
  /** Of the store; 20 ms is little on a machine with much to do. */
  readonly timeout?: string;
  /** What is besides in the configuration. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Looks until something is so; each waits for an answer of a node. */
const LOOKS_MAX = 20_000;
/** Between two looks, in ms. */
const LOOK_MS = 5;

/** See the module's comment. */
export class Fleet implements AsyncDisposable {
  readonly nodes: readonly FleetNode[];
  readonly #folder: string;
  readonly #dead = new Set<Program>();

  private constructor(nodes: readonly FleetNode[], folder: string) {
    this.nodes = nodes;
    this.#folder = folder;
  }

  /** Starts the nodes, and waits until each is in step with the others. */
  static async start(origin: Origin, plan: FleetPlan): Promise<Fleet> {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/sluice.json`;
    const { url, workers = 1, timeout = "2s", more } = plan;
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        listen: "127.0.0.1:0",
        admin: { listen: "127.0.0.1:0" },
        workers,
        drain: "100ms",
        cache: {
          shared: { url, prefix: "test:", timeout },
        },
        upstreams: { app: { servers: [origin.url] } },
        hosts: { "*": { proxy: "app" } },
        ...more,
      }),
    );
    const programs = Array.from(
      { length: plan.nodes },
      () => new Program("--config", file, "--log-format", "off"),
    );
    const nodes = await Promise.all(programs.map(async (program) => {
      const [, admin] = await program.until(/admin on 127\.0\.0\.1:(\d+)/);
      return { program, port: await program.port(), admin: Number(admin) };
    }));
    return new Fleet(nodes, folder);
  }

  /** Kills a node. */
  async kill(node: number): Promise<void> {
    const { program } = this.nodes[node]!;
    this.#dead.add(program);
    program.signal("SIGKILL");
    await program.ended();
  }

  /** Waits until all nodes are in step; `times` is how often they said so. */
  async inStep(times = 1): Promise<void> {
    const said = new RegExp(`(?:in step with the fleet[^]*){${times}}`);
    await Promise.all(this.nodes.map(({ program }) => program.until(said)));
  }

  /** What a node answers. */
  async get(
    node: number,
    path: string,
    ...fields: readonly string[]
  ): Promise<Message> {
    using peer = await Peer.connect(this.nodes[node]!.port);
    await peer.send(get(path, ...fields));
    return await peer.readMessage();
  }

  /** Orders a purge at a node; what it answers. */
  async purge(node: number, order: unknown): Promise<Message> {
    using peer = await Peer.connect(this.nodes[node]!.admin);
    const body = JSON.stringify(order);
    await peer.send([
      "POST /purge HTTP/1.1",
      "Host: localhost",
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n"));
    return await peer.readMessage();
  }

  /** Asks a node until what it answers is as it should be. */
  async until(
    node: number,
    path: string,
    isRight: (message: Message) => boolean,
  ): Promise<Message> {
    let last: Message | undefined;
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      last = await this.get(node, path);
      if (isRight(last)) return last;
      await pause(LOOK_MS);
    }
    throw new Error(`node ${node} answers ${path} with ${last?.content}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { program } of this.nodes) {
      if (!this.#dead.has(program)) program.signal("SIGTERM");
    }
    await Promise.all(this.nodes.map(({ program }) => program.ended()));
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Content of several pieces, which deflating does not make short. */
export const NOISE: string = Array.from(
  { length: 11 },
  () => crypto.getRandomValues(new Uint8Array(60_000)).toHex(),
).join("");

/** An origin whose content says which version it is, and that counts what it is asked for. */
export class VersionedOrigin implements AsyncDisposable {
  version = 1;
  readonly paths: string[] = [];
  /** What each answer waits for. */
  gate: Promise<void> = Promise.resolve();
  #asked = Promise.withResolvers<void>();
  readonly origin: Origin = Origin.answering(async (request) => {
    const path = request.startLine.split(" ")[1]!;
    const { version } = this;
    this.paths.push(path);
    this.#asked.resolve();
    this.#asked = Promise.withResolvers();
    await this.gate;
    const control = path.startsWith("/private") ? "no-store" : "max-age=600";
    const tags = "Cache-Tag: all-items";
    const content = path.startsWith("/large") ? NOISE : `${path} ${version}`;
    return ok(content, `Cache-Control: ${control}`, tags);
  });

  /** How often it was asked for a path. */
  countOf(path: string): number {
    return this.paths.filter((other) => other === path).length;
  }

  /** Waits until it has been asked so often. */
  async until(path: string, count: number): Promise<void> {
    while (this.countOf(path) < count) await this.#asked.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.origin[Symbol.asyncDispose]();
  }
}
