/** A fleet whose store fails in every way, under load: no request does, and no purge is forgotten. */

import { assert, assertEquals } from "../support/assert.ts";
import { pause } from "../support/clock.ts";
import { Fleet, VersionedOrigin } from "../support/fleet.ts";
import { needingRedis, RedisServer } from "../support/redis_server.ts";
import { STORE_FAULTS } from "../support/store_faults.ts";
import { rows, tries } from "../support/tries.ts";

/** Paths that are asked for. */
const PATHS = 20;

/** Between two requests to a node, in ms: what fails takes seconds, and the load is not what is tested. */
const BREATH_MS = 5;

/** Asks all nodes for all paths, again and again. */
class Load implements AsyncDisposable {
  readonly #fleet: Fleet;
  readonly #running: Promise<void>[];
  #isOver = false;
  count = 0;
  readonly failures: string[] = [];
  /** The least version that a node may answer with from now on. */
  #least = fill(0);

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#running = [...fleet.nodes.keys()].map((node) => this.#run(node));
  }

  /** What that node answers is of this version at least, from now on. */
  expect(node: number, version: number): void {
    this.#least[node] = version;
  }

  async #run(node: number): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      const path = `/${i % PATHS}`;
      const least = this.#least[node]!;
      try {
        const { status, content } = await this.#fleet.get(node, path);
        const version = Number(content.split(" ")[1]);
        if (status !== 200 || version < least) {
          this.failures.push(`${node} ${path} ${status} ${content} < ${least}`);
        }
      } catch (error) {
        this.failures.push(`${node} ${path}: ${error}`);
      }
      this.count++;
      await pause(BREATH_MS);
    }
  }

  /** Waits for so many more answers. */
  async more(count: number): Promise<void> {
    const until = this.count + count;
    while (this.count < until) await pause(5);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

function fill(version: number): number[] {
  return Array.from({ length: 8 }, () => version);
}

const [KILLED, STOPPED] = STORE_FAULTS;

for (const fault of rows(STORE_FAULTS, KILLED!, STOPPED!)) {
  const needs = await needingRedis(`the store is ${fault.name}, under load`);
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    await using fleet = await Fleet.start(origin.origin, {
      url: store.url,
      nodes: 2,
      workers: fault === KILLED && Deno.build.os === "linux" ? tries(1, 2) : 1,
      timeout: "100ms",
    });
    await fleet.inStep();
    await using load = new Load(fleet);
    await load.more(100);
    await fault.begin(store);
    await load.more(100);
    // Ordered while the store fails: it holds here at once, and everywhere in the end.
    origin.version++;
    const { status, content } = await fleet.purge(0, { tag: "all-items" });
    assertEquals(status, 200, content);
    load.expect(0, origin.version);
    await load.more(100);
    await fault.end(store);
    if (fault.rejoins) await fleet.inStep(2);
    const right = ({ content }: { content: string }): boolean =>
      content.endsWith(` ${origin.version}`);
    for (let path = 0; path < PATHS; path++) {
      await fleet.until(1, `/${path}`, right);
    }
    load.expect(1, origin.version);
    // And the fleet works again: another purge reaches the other node.
    origin.version++;
    await fleet.purge(1, { prefix: "http://sluice.test/" });
    load.expect(1, origin.version);
    for (let path = 0; path < PATHS; path++) {
      await fleet.until(0, `/${path}`, right);
    }
    load.expect(0, origin.version);
    await load.more(50);
    await load.end();
    assertEquals(load.failures, []);
    assert(load.count > 300);
  });
}
