/** Several sluices, each a program of its own, before one origin, with one store. */

import { pause } from "./clock.ts";
import { ok, Origin } from "./origin.ts";
import { type Message, Peer } from "./peer.ts";
import { Program } from "./program.ts";
import { get } from "./proxy.ts";
import { needingRedis, RedisServer } from "./redis_server.ts";
import { costly } from "./tries.ts";

/** A sluice of a fleet. */
export interface FleetNode {
  readonly program: Program;
  readonly port: number;
  readonly admin: number;
}

/** What a fleet is made of. */
export interface FleetPlan {
  readonly url: string;
  /** For a store that speaks TLS. */
  readonly tls?: unknown;
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

/** Lookups of a node that the store has answered with nothing. */
export const MISSES =
  'sluice_cache_tier_lookups_total{tier="shared",result="miss"}';

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
    const { url, tls, workers = 1, timeout = "2s", more } = plan;
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        listen: "127.0.0.1:0",
        admin: { listen: "127.0.0.1:0" },
        workers,
        drain: "100ms",
        cache: {
          shared: { url, tls, prefix: "test:", timeout },
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

  /**
   * Waits until workers reach the store, too: they have connections of their own. With
   * several, it is seen by many lookups in a row.
   */
  async connected(workers: number): Promise<void> {
    const inARow = workers === 1 ? 1 : 24;
    for (const node of this.nodes.keys()) {
      let seen = 0;
      for (let i = 0; seen < inARow; i++) {
        if (i >= LOOKS_MAX) {
          throw new Error(`node ${node} never looks anything up`);
        }
        const before = await this.metric(node, MISSES);
        await this.get(node, `/private/${i}`);
        seen = await this.metric(node, MISSES) > before ? seen + 1 : 0;
      }
    }
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

  /** Asks a node until one of its metrics is at least so much. */
  async untilMetric(
    node: number,
    sample: string,
    least: number,
  ): Promise<void> {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      if (await this.metric(node, sample) >= least) return;
    }
    throw new Error(`node ${node} never had ${sample} at ${least}`);
  }

  /** What a node says of one of its metrics: its name with its labels; NaN if it has none. */
  async metric(node: number, sample: string): Promise<number> {
    using peer = await Peer.connect(this.nodes[node]!.admin);
    await peer.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const { content } = await peer.readMessage();
    const line = content.split("\n").find((line) =>
      line.startsWith(`${sample} `)
    );
    return Number(line?.slice(sample.length));
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

/** How many records the store has. */
export async function recordsOf(store: RedisServer): Promise<number> {
  const keys = await store.ask("KEYS", "test:*:r:*");
  return keys.split(":r:").length - 1;
}

/** Waits until the store has a record, or more than it had before. */
export async function untilStored(
  store: RedisServer,
  before = 0,
): Promise<void> {
  while (await recordsOf(store) <= before);
}

/** What a test of a fleet has. */
export interface FleetParts {
  readonly store: RedisServer;
  readonly origin: VersionedOrigin;
  readonly fleet: Fleet;
}

/** The fleet of a test, and whether `deno task ok` skips the test. */
export interface FleetTestPlan extends Omit<FleetPlan, "url"> {
  readonly isCostly?: boolean;
}

/** A test with a store, an origin and a fleet of its own, which is in step; skipped if there is no `redis-server`. */
export async function fleetTest(
  name: string,
  { isCostly = false, ...plan }: FleetTestPlan,
  body: (parts: FleetParts, t: Deno.TestContext) => Promise<void>,
): Promise<void> {
  const needs = await needingRedis(name);
  const { name: told, ignore } = isCostly
    ? costly(needs.name, needs.ignore)
    : needs;
  Deno.test(told, { ignore }, async (t) => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const { url } = store;
    await using fleet = await Fleet.start(origin.origin, { url, ...plan });
    await fleet.inStep();
    await fleet.connected(plan.workers ?? 1);
    await body({ store, origin, fleet }, t);
  });
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
  /** Directives of each answer. */
  directives = "stale-while-revalidate=60000";
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
    const fields = [`Cache-Control: ${control}, ${this.directives}`, tags];
    // What it says first is stale when it comes, and what it says then is fresh.
    if (path.startsWith("/stale") && version === 1) fields.push("Age: 700");
    return ok(content, ...fields);
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
