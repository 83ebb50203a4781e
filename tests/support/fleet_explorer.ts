/**
 * Explores what may become of a fleet: nodes, losses and crashes in random
 * interleavings. Each run draws first how often each kind of thing happens in it, so
 * that in some of them one thing happens often and another never: faults that are
 * hidden by what comes later in one run show in another.
 */

import { nextTurn } from "../../lib/net/clock.ts";
import { TestClock } from "./clock.ts";
import { ModelNode, ModelOrigin, type Named, PATHS } from "./fleet_model.ts";
import { random } from "./random.ts";
import { StoreModel } from "./store_model.ts";

/** What a run has shown. */
export interface Finding {
  /** What was answered that must not be; empty if all is well. */
  readonly wrong: readonly string[];
  /** How often a node got what another had stored. */
  readonly recalled: number;
}

const NODES = 3;
/** Steps of a run, and how many of them are between two looks at all that there is. */
const STEPS_MAX = 240;
const LOOK_EVERY = 60;
/** Turns of the event loop until all must be settled. */
const TURNS_MAX = 2000;
/** Runs that go on at the same time: they wait for turns of the event loop. */
const RUNS_AT_ONCE = 40;
/** How often things may happen, as a weight. */
const WEIGHTS = [0, 1, 1, 4];

type Random = () => number;

/** Runs with these seeds, until one shows a fault; in batches. */
export async function explore(first: number, count: number): Promise<Finding> {
  let recalled = 0;
  for (let seed = first; seed < first + count; seed += RUNS_AT_ONCE) {
    const length = Math.min(RUNS_AT_ONCE, first + count - seed);
    const runs = await Promise.all(
      Array.from({ length }, (_, index) => new Run(seed + index).finish()),
    );
    for (const run of runs) recalled += run.recalled;
    const wrong = runs.flatMap((run) => run.wrong);
    if (wrong.length > 0) return { wrong, recalled };
  }
  return { wrong: [], recalled };
}

/** One run. */
class Run {
  readonly #seed: number;
  readonly #next: Random;
  readonly #clock = new TestClock();
  readonly #store = new StoreModel(this.#clock);
  readonly #origin = new ModelOrigin();
  readonly #nodes: ModelNode[];
  readonly #wrong = new Set<string>();
  #recalled = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#next = random(seed);
    this.#store.kept = this.#one([2, 100]);
    this.#nodes = Array.from(
      { length: NODES },
      (_, index) => new ModelNode(this.#store, this.#clock, `node ${index}`),
    );
  }

  #one<T>(of: readonly T[]): T {
    return of[Math.floor(this.#next() * of.length)]!;
  }

  #chance(part: number): boolean {
    return this.#next() < part;
  }

  async finish(): Promise<Finding> {
    const actions = this.#actions();
    const steps = this.#one([LOOK_EVERY, STEPS_MAX]);
    await this.#settle();
    for (let step = 0; step < steps; step++) {
      this.#one(actions)();
      if (this.#chance(0.2)) await nextTurn();
      this.#lookAtAnswered();
      if ((step + 1) % LOOK_EVERY === 0 && this.#chance(0.5)) {
        await this.#settle();
        this.#lookAtAll("in memory");
        if (this.#chance(0.3)) this.#crash();
      }
    }
    await this.#settle();
    this.#lookAtAll("in memory");
    for (const { follower } of this.#nodes) {
      if (!follower.facts.isInStep) this.#note("a node is out of step");
    }
    await this.#lookIntoStore();
    for (const node of this.#nodes) this.#end(node);
    return { wrong: [...this.#wrong], recalled: this.#recalled };
  }

  /** What may happen; each so often as it is to. */
  #actions(): (() => void)[] {
    const { ready, next } = { ready: this.#nodes, next: this.#next };
    const node = (): ModelNode => this.#one(ready);
    const weighted: [weight: number, action: () => void][] = [
      [2, () => node().beginFetch(this.#one(PATHS), this.#origin.version)],
      [this.#one(WEIGHTS), () => {
        const { fetches } = node();
        const { length } = fetches;
        this.#endFetch(fetches, Math.floor(next() * length));
      }],
      [2, () => this.#endFetch(node().fetches, 0)],
      [this.#one([2, 6]), () => void node().recall(this.#one(PATHS))],
      [1, () => void node().renew(this.#one(PATHS), this.#origin)],
      [this.#one(WEIGHTS), () => this.#order(node())],
      [this.#one([1, 4]), () => node().due.shift()?.()],
      [1, () => this.#clock.pass(Math.floor(next() * 15))],
      [this.#one([0, 0, 1]), () => this.#clock.pass(1500)],
      [this.#one([0, 0, 1]), () => this.#crash()],
      [this.#one([0, 0, 1]), () => this.#lose()],
      [this.#one([0, 0, 1]), () => this.#store.breakOne(next)],
      [this.#one([4, 12]), () => void this.#store.step(next)],
    ];
    return weighted.flatMap(([weight, action]) =>
      Array.from({ length: weight }, () => action)
    );
  }

  #endFetch(fetches: ModelNode["fetches"], index: number): void {
    this.#nodes.find((node) => node.fetches === fetches)?.endFetch(index);
  }

  #order(node: ModelNode): void {
    const named = this.#one<Named>([
      "key",
      "key",
      "key",
      "prefix",
      "tag",
      "all",
    ]);
    node.purge(named, this.#chance(0.3), this.#origin);
  }

  #crash(): void {
    const index = Math.floor(this.#next() * NODES);
    const isSettled = this.#isSettled;
    // What it owes would be lost with it.
    if (!this.#store.isIdle || !this.#nodes[index]!.isQuiet) return;
    this.#end(this.#nodes[index]!);
    const node = new ModelNode(this.#store, this.#clock, `node ${index} again`);
    this.#nodes[index] = node;
    // All that was ordered has its number: it must hear of that before it answers.
    if (isSettled) node.answered.add(this.#origin.named);
  }

  #end(node: ModelNode): void {
    this.#recalled += node.recalled;
    node.close();
  }

  #lose(): void {
    const kind = this.#one(
      ["restart", "wipe", "control", "purges", "records"] as const,
    );
    if (kind === "wipe") this.#store.wipe();
    else if (kind !== "restart") this.#store.evict(kind);
    else {
      const keeps = this.#chance(0.7);
      this.#store.restart(keeps, Math.floor(this.#next() * 3));
    }
  }

  /** Whether nothing is on its way, and all have heard of everything. */
  get #isSettled(): boolean {
    const { last, isIdle } = this.#store;
    return isIdle &&
      this.#nodes.every((node) => node.isQuiet && node.position === last);
  }

  /** Lets everything come to its end. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      for (const node of this.#nodes) node.due.shift()?.();
      while (this.#store.step(this.#next));
      await nextTurn();
      if (turn % 3 === 0) this.#clock.pass(400);
      const isOver = turn > 12 && this.#isSettled;
      if (isOver) return;
    }
    this.#note("it does not settle");
  }

  #note(what: string): void {
    this.#wrong.add(`seed ${this.#seed}: ${what}`);
  }

  /** No node answers with what a purge has named that it has answered. */
  #lookAtAnswered(): void {
    for (const node of this.#nodes) this.#look(node, node.answered, "answered");
  }

  /** Nothing is on its way: no node answers with what any purge has named. */
  #lookAtAll(where: string): void {
    for (const node of this.#nodes) {
      this.#look(node, this.#origin.named, where);
    }
  }

  #look(node: ModelNode, named: ModelOrigin["named"], where: string): void {
    for (const path of PATHS) {
      const wrong = named.wrongWith(path, node.answer(path));
      if (wrong === undefined) continue;
      this.#note(
        `node ${this.#nodes.indexOf(node)}, ${path}, ${where}: ${wrong}`,
      );
    }
  }

  /** What the nodes have left in the store is good, too. */
  async #lookIntoStore(): Promise<void> {
    for (const node of this.#nodes) await node.empty();
    let isOver = false;
    Promise.all(
      this.#nodes.flatMap((node) => PATHS.map((path) => node.recall(path))),
    ).then(() => isOver = true);
    while (!isOver) {
      while (this.#store.step(this.#next));
      await nextTurn();
      this.#clock.pass(10);
    }
    this.#lookAtAll("in the store");
  }
}
