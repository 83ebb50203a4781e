/**
 * The store of a fleet as a model: it does what the scripts do, one operation after the
 * other, whenever the test says so. Between the nodes and it, everything is late.
 */

import type {
  Argument,
  ConnectionOptions,
  Reply,
  StoreAccess,
} from "../../lib/cache/fleet/connection.ts";
import {
  ABANDON,
  FIND,
  LEASE,
  PURGE,
  PUT,
  RENEW,
  type Script,
  SYNC,
} from "../../lib/cache/fleet/scripts.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import type { TestClock } from "./clock.ts";

/** An operation on its way, or its answer on its way back. */
interface Operation {
  readonly execute: () => Reply;
  reply: Reply | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** One connection: operations are executed in order, and answered in order. */
export class ModelConnection implements StoreAccess {
  readonly sent: Operation[] = [];
  readonly done: Operation[] = [];
  readonly options: ConnectionOptions;
  readonly #store: StoreModel;
  heard: (() => void) | undefined;
  isOpen = false;

  constructor(store: StoreModel, options: ConnectionOptions) {
    this.#store = store;
    this.options = options;
  }

  run(
    script: Script,
    keys: readonly string[],
    given: readonly Argument[],
    signal: AbortSignal,
  ): Promise<Reply> {
    return this.#send(() => this.#store.run(script, keys, given), signal);
  }

  command(words: readonly Argument[], signal: AbortSignal): Promise<Reply> {
    return this.#send(() => this.#store.command(words), signal);
  }

  #send(execute: () => Reply, signal: AbortSignal): Promise<Reply> {
    if (!this.isOpen) return Promise.reject(new Error("no connection"));
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    signal.addEventListener("abort", () => reject(new Error("not wanted")));
    this.sent.push({ execute, reply: undefined, resolve, reject });
    return promise;
  }

  subscribe(_channel: string, heard: () => void): Promise<void> {
    this.heard = heard;
    return Promise.resolve();
  }

  /** The connection breaks: what is on its way either way is lost. */
  break(): void {
    this.isOpen = false;
    for (const { reject } of [...this.sent, ...this.done]) {
      reject(new Error("broken"));
    }
    this.sent.length = this.done.length = 0;
  }

  close(): void {
    this.break();
    this.#store.forget(this);
  }
}

/** See the module's comment. */
export class StoreModel {
  readonly #connections = new Set<ModelConnection>();
  readonly #held = new Set<ModelConnection>();
  /** The identity of its process. */
  #run = 1;
  #control: { generation: string; run: number; last: number } | undefined;
  #purges: { readonly number: number; readonly text: string }[] = [];
  readonly #records = new Map<string, Map<string, Uint8Array>>();
  readonly #leases = new Map<
    string,
    { readonly owner: string; readonly untilMs: number }
  >();
  readonly #clock: Pick<TestClock, "monotonic">;
  /** How many purges it remembers. */
  kept = 8;

  constructor(clock: Pick<TestClock, "monotonic">) {
    this.#clock = clock;
  }

  /** The number of the last purge. */
  get last(): number {
    return this.#control?.last ?? 0;
  }

  /** Whether nothing is on its way. */
  get isIdle(): boolean {
    return [...this.#connections].every(({ isOpen, sent, done }) =>
      isOpen && sent.length === 0 && done.length === 0
    );
  }

  /** How many records were put there. */
  puts = 0;

  readonly connect = (options: ConnectionOptions): ModelConnection => {
    const connection = new ModelConnection(this, options);
    this.#connections.add(connection);
    return connection;
  };

  /** Nothing happens on these connections, but what `advance` has happen. */
  hold(...connections: readonly ModelConnection[]): void {
    for (const connection of connections) this.#held.add(connection);
  }

  /** Whether nothing happens on one of these. */
  isHeld(...connections: readonly ModelConnection[]): boolean {
    return connections.some((connection) => this.#held.has(connection));
  }

  /** A connection breaks, and stays so. */
  cut(connection: ModelConnection): void {
    this.hold(connection);
    connection.break();
  }

  /** All connections go on. */
  release(): void {
    this.#held.clear();
  }

  /** One thing happens on a connection. */
  advance(connection: ModelConnection): void {
    this.#stepsOf(connection)[0]?.();
  }

  forget(connection: ModelConnection): void {
    this.#connections.delete(connection);
  }

  /** It stops and starts again, perhaps with what it had some purges ago. */
  restart(keeps: boolean, loses: number): void {
    this.#run++;
    if (!keeps) this.wipe();
    else {
      this.#purges.splice(this.#purges.length - loses);
      if (this.#control !== undefined) {
        this.#control.last = this.#purges.at(-1)?.number ?? 0;
      }
    }
    for (const connection of this.#connections) connection.break();
  }

  /** One connection breaks, and has to be opened again. */
  breakOne(random: () => number): void {
    const connections = [...this.#connections];
    connections[Math.floor(random() * connections.length)]?.break();
  }

  /** It loses everything. */
  wipe(): void {
    this.#control = undefined;
    this.#purges = [];
    this.#records.clear();
    this.#leases.clear();
  }

  /** It evicts a part, as a store does that has no room. */
  evict(part: "control" | "purges" | "records"): void {
    if (part === "control") this.#control = undefined;
    if (part === "purges") this.#purges = [];
    if (part === "records") this.#records.clear();
  }

  /** One thing happens: a connection opens, an operation is executed, an answer comes. Tells whether there was one. */
  step(random: () => number): boolean {
    const steps = [...this.#connections]
      .filter((connection) => !this.#held.has(connection))
      .flatMap((connection) => this.#stepsOf(connection));
    steps[Math.floor(random() * steps.length)]?.();
    return steps.length > 0;
  }

  #stepsOf(connection: ModelConnection): (() => void)[] {
    const { isOpen, sent, done } = connection;
    return [
      ...isOpen ? [] : [() => this.#open(connection)],
      ...sent.length === 0 ? [] : [() => this.#execute(connection)],
      ...done.length === 0 ? [] : [() => this.#answer(connection)],
    ];
  }

  #open(connection: ModelConnection): void {
    connection.isOpen = true;
    connection.options.onOpen?.();
  }

  #execute(connection: ModelConnection): void {
    const operation = connection.sent.shift()!;
    operation.reply = operation.execute();
    connection.done.push(operation);
  }

  #answer({ done }: ModelConnection): void {
    const { resolve, reply } = done.shift()!;
    resolve(reply!);
  }

  run(
    script: Script,
    keys: readonly string[],
    given: readonly Argument[],
  ): Reply {
    const [first = "", second, third] = given;
    switch (script) {
      case SYNC:
        return this.#sync(String(first), Number(second));
      case PURGE:
        return this.#purge(String(first), given[3] as string);
      case FIND:
        return this.#find(
          keys,
          String(first),
          Number(second),
          Number(given[2]),
        );
      case PUT: {
        if (this.#control?.generation !== first) return 0;
        this.puts++;
        const bytes = third as Uint8Array;
        this.#records.set(keys[0]!, new Map([[String(second), bytes]]));
        if (this.#ownerOf(keys[1]!) === given[5]) this.#leases.delete(keys[1]!);
        return 1;
      }
      case ABANDON:
        return this.#lease(keys[0]!, String(first), "alone", Number(second));
      case RENEW:
        return this.#lease(
          keys[0]!,
          String(first),
          String(first),
          Number(second),
        );
      default:
        throw new Error("a script that the model lacks");
    }
  }

  #find(
    keys: readonly string[],
    node: string,
    leaseMs: number,
    wish: number,
  ): Reply {
    const variants = [...this.#records.get(keys[0]!)?.values() ?? []];
    const takesNone = leaseMs === 0 ||
      variants.length > 0 && wish === LEASE.IfNothing;
    if (takesNone) return [variants, bytesOf(""), 0];
    const owner = this.#ownerOf(keys[1]!);
    if (owner !== undefined || wish === LEASE.Tell) {
      return [variants, bytesOf(owner ?? ""), 0];
    }
    const untilMs = this.#clock.monotonic() + leaseMs;
    this.#leases.set(keys[1]!, { owner: node, untilMs });
    return [variants, bytesOf(node), 1];
  }

  /** Who has a lease; undefined if nobody has. */
  #ownerOf(key: string): string | undefined {
    const lease = this.#leases.get(key);
    const isOver = lease !== undefined &&
      lease.untilMs <= this.#clock.monotonic();
    return isOver ? undefined : lease?.owner;
  }

  /** Gives a lease another owner, or more time, if it is this node's. */
  #lease(key: string, node: string, owner: string, ms: number): number {
    if (this.#ownerOf(key) !== node) return 0;
    if (ms === 0) this.#leases.delete(key);
    else {
      this.#leases.set(key, { owner, untilMs: this.#clock.monotonic() + ms });
    }
    return 1;
  }

  #sync(fresh: string, after: number): Reply {
    if (this.#control?.run !== this.#run) {
      this.#control = { generation: fresh, run: this.#run, last: 0 };
      this.#purges = [];
    }
    const { generation, last } = this.#control;
    const purges = this.#purges.filter(({ number }) => number > after)
      .slice(0, 3)
      .map(({ number, text }) => [
        bytesOf(`${number}-0`),
        [bytesOf("purge"), bytesOf(text), bytesOf("at"), bytesOf("0")],
      ]);
    return [bytesOf(generation), bytesOf(String(last)), purges, bytesOf("0")];
  }

  #purge(generation: string, text: string): Reply {
    if (this.#control?.generation !== generation) return -1;
    const number = ++this.#control.last;
    this.#purges.push({ number, text });
    if (this.#purges.length > this.kept) this.#purges.shift();
    for (const connection of this.#connections) {
      if (!this.#held.has(connection)) connection.heard?.();
    }
    return number;
  }

  command(words: readonly Argument[]): Reply {
    if (words[0] !== "HDEL") throw new Error("a command that the model lacks");
    return Number(
      this.#records.get(String(words[1]))?.delete(String(words[2])),
    );
  }
}
