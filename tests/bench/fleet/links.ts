/**
 * What a lookup in the shared store costs the process: by a connection of the worker's
 * own, and by one that a thread has for all workers, which are asked by messages.
 *
 *   deno task bench:links redis://127.0.0.1:6379 [--lookups 20000]
 *
 * CPU of all threads of the process, without the store's, per lookup of a record of
 * 1 KiB and of 16 KiB.
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  type Argument,
  connectToStore,
  type Reply,
  type StoreAccess,
} from "../../../lib/cache/fleet/connection.ts";
import { FIND } from "../../../lib/cache/fleet/scripts.ts";

/** A lookup that a thread is to make. */
interface Asked {
  readonly id: number;
  readonly keys: readonly string[];
  readonly given: readonly Argument[];
}

/** What a thread has to talk by. */
interface Scope {
  onmessage: (event: MessageEvent<Asked>) => void;
  postMessage(message: unknown, moved?: readonly Transferable[]): void;
}

type Lookup = (
  keys: readonly string[],
  given: readonly Argument[],
) => Promise<Reply>;

const never = new AbortController().signal;

async function opened(url: string): Promise<StoreAccess> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const connection = connectToStore({
    url,
    onOpen: resolve,
    onFailure: (why) => reject(new Error(why)),
  });
  await promise;
  return connection;
}

/** What the thread does. */
async function serve(url: string): Promise<void> {
  const connection = await opened(url);
  const scope = self as unknown as Scope;
  scope.onmessage = async ({ data }): Promise<void> => {
    const reply = await connection.run(FIND, data.keys, data.given, never);
    const [variants] = reply as [Uint8Array[]];
    // Views of the client's buffer: what crosses is a copy, and is handed over.
    const copies = variants.map((bytes) => new Uint8Array(bytes));
    const moved = copies.map(({ buffer }) => buffer as ArrayBuffer);
    scope.postMessage({ id: data.id, reply: [copies] }, moved);
  };
  scope.postMessage("ready");
}

async function byThread(url: string): Promise<[Lookup, () => void]> {
  const thread = new Worker(import.meta.url, { type: "module", name: url });
  const waiting = new Map<number, (reply: Reply) => void>();
  let last = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  thread.onmessage = ({ data }): void => {
    if (data === "ready") return resolve();
    waiting.get(data.id)!(data.reply);
    waiting.delete(data.id);
  };
  await promise;
  const lookup: Lookup = (keys, given) => {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    waiting.set(++last, resolve);
    thread.postMessage({ id: last, keys, given });
    return promise;
  };
  return [lookup, (): void => thread.terminate()];
}

async function byWorker(url: string): Promise<[Lookup, () => void]> {
  const connection = await opened(url);
  const lookup: Lookup = (keys, given) =>
    connection.run(FIND, keys, given, never);
  return [lookup, (): void => connection.close()];
}

/** CPU of a lookup in µs, with so many under way at a time. */
async function cost(
  lookup: Lookup,
  key: string,
  count: number,
  atOnce: number,
): Promise<number> {
  const one = async (lookups: number): Promise<void> => {
    for (let i = 0; i < lookups; i++) {
      await lookup([key, `${key}:lease`], ["node", 2000, 0]);
    }
  };
  const run = (lookups: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: atOnce }, () => one(Math.ceil(lookups / atOnce))),
    );
  await run(count / 4); // until it is compiled
  // deno-lint-ignore no-process-global -- Deno has no such figure
  const { cpuUsage } = process;
  const before = cpuUsage();
  await run(count);
  const { user, system } = cpuUsage(before);
  return (user + system) / count;
}

async function main(): Promise<void> {
  const { _: [url], lookups } = parseArgs(Deno.args, {
    default: { lookups: 20_000 },
  });
  const rows: Record<string, number[]> = {};
  const store = await opened(String(url));
  for (const bytes of [1024, 16 * 1024]) {
    const key = `bench:${bytes}`;
    const record = crypto.getRandomValues(new Uint8Array(bytes));
    await store.command(["HSET", key, "variant", record], never);
    for (let round = 0; round < 3; round++) {
      for (const atOnce of [1, 32]) {
        for (
          const [name, begin] of [
            ["own", byWorker],
            ["thread", byThread],
          ] as const
        ) {
          const [lookup, end] = await begin(String(url));
          const row = rows[`${name}, ${bytes} bytes, ${atOnce} at once`] ??= [];
          row.push(await cost(lookup, key, Number(lookups), atOnce));
          end();
        }
      }
    }
    await store.command(["DEL", key], never);
  }
  store.close();
  for (const [name, costs] of Object.entries(rows)) {
    // deno-lint-ignore no-console -- a benchmark that reports
    console.log(name, costs.map((us) => us.toFixed(1)).join(" "), "µs");
  }
}

// It is its own thread, which has the URL for a name.
if (self.name !== "") await serve(self.name);
else if (import.meta.main) await main();
