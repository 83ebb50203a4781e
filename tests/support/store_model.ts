/**
 * The store of a fleet as a model: it does what the scripts do, one operation after the
 * other, whenever the test says so. Between the nodes and it, everything is late.
 */

import type {
  Argument,
  Connect,
  ConnectionOptions,
  Reply,
  StoreAccess,
} from "../../lib/cache/fleet/connection.ts";
import {
  ABANDON,
  FIND,
  PURGE,
  PUT,
  RENEW,
  type Script,
  SYNC,
} from "../../lib/cache/fleet/scripts.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

/** An operation on its way, or its answer on its way back. */
interface Operation {
  readonly execute: () => Reply;
  reply: Reply | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** One connection: operations are executed in order, and answered in order. */
class ModelConnection implements StoreAccess {
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
  /** The identity of its process. */
  #run = 1;
  #control: { generation: string; run: number; last: number } | undefined;
  #purges: { readonly number: number; readonly text: string }[] = [];
  readonly #records = new Map<string, Map<string, Uint8Array>>();
  /** How many purges it remembers. */
  kept = 8;

  readonly connect: Connect = (options) => {
    const connection = new ModelConnection(this, options);
    this.#connections.add(connection);
    return connection;
  };

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
  }

  /** It evicts a part, as a store does that has no room. */
  evict(part: "control" | "purges" | "records"): void {
    if (part === "control") this.#control = undefined;
    if (part === "purges") this.#purges = [];
    if (part === "records") this.#records.clear();
  }

  /** One thing happens: a connection opens, an operation is executed, an answer comes. Tells whether there was one. */
  step(random: () => number): boolean {
    const steps = [...this.#connections].flatMap((connection) => [
      ...connection.isOpen ? [] : [() => this.#open(connection)],
      ...connection.sent.length === 0 ? [] : [() => this.#execute(connection)],
      ...connection.done.length === 0 ? [] : [() => this.#answer(connection)],
    ]);
    steps[Math.floor(random() * steps.length)]?.();
    return steps.length > 0;
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
      case FIND: {
        const variants = this.#records.get(keys[0]!)?.values() ?? [];
        return [[...variants], bytesOf(""), 0];
      }
      case PUT: {
        if (this.#control?.generation !== first) return 0;
        const bytes = third as Uint8Array;
        this.#records.set(keys[0]!, new Map([[String(second), bytes]]));
        return 1;
      }
      case ABANDON:
      case RENEW:
        return 0;
      default:
        throw new Error("a script that the model lacks");
    }
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
        [bytesOf("purge"), bytesOf(text)],
      ]);
    return [bytesOf(generation), bytesOf(String(last)), purges];
  }

  #purge(generation: string, text: string): Reply {
    if (this.#control?.generation !== generation) return -1;
    const number = ++this.#control.last;
    this.#purges.push({ number, text });
    if (this.#purges.length > this.kept) this.#purges.shift();
    for (const { heard } of this.#connections) heard?.();
    return number;
  }

  command(words: readonly Argument[]): Reply {
    if (words[0] !== "HDEL") throw new Error("a command that the model lacks");
    return Number(
      this.#records.get(String(words[1]))?.delete(String(words[2])),
    );
  }
}
