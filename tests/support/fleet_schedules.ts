/**
 * What may become of a fleet, step by step: one schedule for each rule of its model, in
 * which that rule is what keeps a purged version from coming back.
 */

import { nextTurn } from "../../lib/net/clock.ts";
import { TestClock } from "./clock.ts";
import { ModelNode, ModelOrigin, PATHS, type Versions } from "./fleet_model.ts";
import { random } from "./random.ts";
import { StoreModel } from "./store_model.ts";

const [PATH, , OTHER] = PATHS;
/** Turns of the event loop in which all that may happen has happened. */
const TURNS = 24;
/** And those in which it must have. */
const TURNS_MAX = 1000;

/** Two nodes, of which each does only what it may. */
export class Schedule {
  readonly clock: TestClock = new TestClock();
  readonly store: StoreModel = new StoreModel(this.clock);
  readonly origin: ModelOrigin = new ModelOrigin();
  readonly nodes: ModelNode[] = [];
  /** Nodes that begin to carry out no purge, nor tell that they have. */
  readonly idle = new Set<ModelNode>();
  readonly wrong: string[] = [];
  readonly #next = random(1);

  /** One more node, which has joined when everything has settled. */
  add(): ModelNode {
    const node = new ModelNode(this.store, this.clock, `${this.nodes.length}`);
    this.nodes.push(node);
    return node;
  }

  /** Lets everything happen that may, and so much time pass, in ms. */
  async settle(ms = 0): Promise<void> {
    for (let turn = 0; turn < TURNS || this.#isAwaited(turn); turn++) {
      for (const node of this.nodes) {
        if (!this.idle.has(node)) node.due.shift()?.();
      }
      while (this.store.step(this.#next));
      await nextTurn();
      if (ms > 0 && turn < TURNS) this.clock.pass(ms / TURNS);
    }
  }

  /** Whether an order is about to be answered: the thread is woken for that, and not at once. */
  #isAwaited(turn: number): boolean {
    return turn < TURNS_MAX &&
      this.nodes.some((node) =>
        node.isOrdering && !this.idle.has(node) &&
        !this.store.isHeld(node.asks, node.follows, node.hears)
      );
  }

  /** A node gets the present version from the origin. */
  async fetch(node: ModelNode, path: string): Promise<void> {
    node.beginFetch(path, this.origin.version);
    node.endFetch(0);
    await this.settle();
  }

  /** A node looks into the store. */
  async recall(node: ModelNode, path: string): Promise<void> {
    node.recall(path);
    await this.settle();
  }

  /** Nothing that a node answers with may have been named. */
  look(node: ModelNode, named: Versions): void {
    for (const path of PATHS) {
      const wrong = named.wrongWith(path, node.answer(path));
      if (wrong !== undefined) this.wrong.push(`${path}: ${wrong}`);
    }
  }
}

/** What happens, and then what is looked at. */
type Steps = (run: Schedule, a: ModelNode, b: ModelNode) => Promise<void>;

/** Purges are numbered that a node does not hear of; the first alone names what it has. */
async function missPurges(
  run: Schedule,
  a: ModelNode,
  b: ModelNode,
): Promise<void> {
  run.store.kept = 1;
  await run.fetch(b, OTHER);
  await run.recall(a, OTHER);
  run.store.hold(a.follows, a.hears);
  for (const named of ["all", "key"] as const) {
    b.purge(named, false, run.origin);
    await run.settle();
  }
}

/** By what they are about; see `docs/fleet.md`. */
const SCHEDULES = {
  /** A purge has been numbered, and the node that ordered it has not heard of it. */
  async unheard(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    run.store.hold(a.follows, a.hears);
    a.purge("key", false, run.origin);
    await run.settle();
    await run.recall(a, PATH);
    run.look(a, a.answered);
  },
  /** A look into the store when a purge has been carried out, and that has not been told. */
  async untold(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    run.idle.add(a);
    b.purge("key", false, run.origin);
    await run.settle();
    a.due.shift()!();
    await run.settle();
    await run.recall(a, PATH);
    run.idle.delete(a);
    await run.settle();
    run.look(a, run.origin.named);
  },
  /** A purge of what another node has in its memory. */
  async elsewhere(run, a, b): Promise<void> {
    await run.fetch(a, PATH);
    b.purge("key", false, run.origin);
    await run.settle();
    run.look(a, run.origin.named);
  },
  /** The origin answers when a purge has been heard of, and not been carried out. */
  async between(run, a, b): Promise<void> {
    a.beginFetch(PATH, run.origin.version);
    run.idle.add(a);
    b.purge("key", false, run.origin);
    await run.settle();
    a.endFetch(0);
    await run.settle();
    run.idle.delete(a);
    await run.settle();
    await run.recall(b, PATH);
    run.look(b, run.origin.named);
  },
  /** A record waits for its turn to be put into the store while a purge is carried out. */
  async queued(run, a, b): Promise<void> {
    const { store } = run;
    a.beginFetch(PATH, run.origin.version);
    a.beginFetch(PATH, run.origin.version);
    store.hold(a.asks);
    a.endFetch(0);
    a.endFetch(0);
    await run.settle();
    b.purge("key", false, run.origin);
    await run.settle();
    for (let turn = 0; turn < TURNS && store.puts < 2; turn++) {
      store.advance(a.asks);
      await nextTurn();
    }
    await run.recall(b, PATH);
    run.look(b, b.answered);
  },
  /** The origin answers a request from before a purge. */
  async late(run, a): Promise<void> {
    a.beginFetch(PATH, run.origin.version);
    a.purge("key", false, run.origin);
    await run.settle();
    a.endFetch(0);
    run.look(a, a.answered);
  },
  /** The store has lost the purges, and not the records. */
  async forgotten(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    a.purge("key", false, run.origin);
    await run.settle();
    run.store.evict("control");
    await run.settle(2400);
    await run.recall(a, PATH);
    run.look(a, run.origin.named);
  },
  /** A hard purge of what is in the store. */
  async hard(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    a.purge("tag", false, run.origin);
    await run.settle();
    await run.recall(a, PATH);
    run.look(a, run.origin.named);
  },
  /** A soft one. */
  async soft(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    a.purge("prefix", true, run.origin);
    await run.settle();
    await run.recall(a, PATH);
    run.look(a, run.origin.named);
  },
  /** A purge that comes to nothing, and a lookup beside it. */
  async beside(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    run.store.hold(a.follows, a.hears);
    a.purge("key", false, run.origin);
    await run.recall(a, PATH);
    await run.settle(7200);
    run.look(a, a.answered);
  },
  /** The same, beside a refresh. */
  async renewed(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    run.store.hold(a.follows, a.hears);
    a.purge("key", false, run.origin);
    a.renew(PATH, run.origin);
    await run.settle(7200);
    run.look(a, a.answered);
  },
  /** The stream does not have all purges any more. */
  async hole(run, a, b): Promise<void> {
    await missPurges(run, a, b);
    run.store.release();
    await run.settle(1200);
    run.look(a, run.origin.named);
    await run.recall(a, OTHER);
    run.look(a, run.origin.named);
  },
  /** The stream has none any more. */
  async gone(run, a, b): Promise<void> {
    await missPurges(run, a, b);
    run.store.evict("purges");
    run.store.release();
    await run.settle(1200);
    run.look(a, run.origin.named);
  },
  /** A node comes when the stream does not have all purges any more. */
  async newcomer(run, a, b): Promise<void> {
    run.store.kept = 1;
    await run.fetch(b, OTHER);
    for (const named of ["all", "key"] as const) {
      a.purge(named, false, run.origin);
      await run.settle();
    }
    const late = run.add();
    await run.settle();
    await run.recall(late, OTHER);
    await run.recall(late, PATH);
    run.look(late, run.origin.named);
  },
  /** A node comes when the stream has a purge. */
  async latecomer(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    a.purge("key", false, run.origin);
    await run.settle();
    const late = run.add();
    await run.settle();
    await run.recall(late, PATH);
    run.look(late, run.origin.named);
  },
  /** The store starts again, and has lost the last purge. */
  async restart(run, a, b): Promise<void> {
    await run.fetch(a, PATH);
    run.store.hold(a.follows, a.hears);
    b.purge("key", false, run.origin);
    await run.settle();
    run.store.restart(true, 1);
    run.store.release();
    await run.settle(2400);
    run.look(a, run.origin.named);
  },
  /** The store is wiped before a node has heard of a purge. */
  async wiped(run, a, b): Promise<void> {
    await run.fetch(a, PATH);
    run.store.hold(a.follows, a.hears);
    b.purge("key", false, run.origin);
    await run.settle();
    run.store.wipe();
    await run.settle(2400);
    run.store.release();
    await run.settle(2400);
    run.look(a, run.origin.named);
  },
  /** A look into the store while a node begins in another generation. */
  async joining(run, a, b): Promise<void> {
    const { store } = run;
    await run.fetch(b, PATH);
    a.purge("key", false, run.origin);
    await run.settle();
    store.hold(a.follows, a.hears);
    store.evict("control");
    await run.settle(2400);
    b.purge("key", true, run.origin);
    await run.settle();
    for (let turn = 0; turn < TURNS && a.due.length === 0; turn++) {
      store.advance(a.follows);
      await nextTurn();
    }
    await run.settle();
    await run.recall(a, PATH);
    store.release();
    await run.settle(1200);
    run.look(a, run.origin.named);
  },
  /** A node comes, and its connection breaks before it has heard of all purges. */
  async interrupted(run, a, b): Promise<void> {
    const { store } = run;
    await run.fetch(b, OTHER);
    for (const named of ["key", "key", "key", "all"] as const) {
      a.purge(named, false, run.origin);
      await run.settle();
    }
    const late = run.add();
    store.hold(late.follows);
    const answered = async (): Promise<void> => {
      for (let step = 0; step < 3; step++) store.advance(late.follows);
      await run.settle();
    };
    await answered(); // that it is to join
    await answered(); // the first page
    late.follows.break();
    store.release();
    await run.settle(1200);
    await run.recall(late, OTHER);
    run.look(late, run.origin.named);
  },
  /** A purge that the store could not be told of. */
  async owed(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    run.store.cut(a.asks);
    a.purge("key", false, run.origin);
    await run.settle();
    run.store.release();
    await run.settle();
    run.clock.pass(1001);
    await run.recall(a, PATH);
    run.look(a, a.answered);
  },
  /** A node reaches the store, and does not hear of purges. */
  async deaf(run, a, b): Promise<void> {
    await run.fetch(b, PATH);
    run.store.cut(a.follows);
    run.store.cut(a.hears);
    await run.settle(4800);
    b.purge("key", false, run.origin);
    await run.settle();
    await run.recall(a, PATH);
    run.look(a, run.origin.named);
  },
} satisfies Record<string, Steps>;

/** The name of a schedule. */
export type ScheduleName = keyof typeof SCHEDULES;

/** All of them. */
export const SCHEDULE_NAMES = Object.keys(SCHEDULES) as readonly ScheduleName[];

/** Carries out a schedule; tells what was answered that must not be. */
export async function carryOut(name: ScheduleName): Promise<readonly string[]> {
  const run = new Schedule();
  const [a, b] = [run.add(), run.add()];
  await run.settle();
  const steps: Steps = SCHEDULES[name];
  await steps(run, a, b);
  for (const node of run.nodes) node.close();
  return run.wrong;
}
