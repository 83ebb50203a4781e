/** The model of the store does what the scripts do in a real one. */

import { assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { random } from "../../support/random.ts";
import { needingRedis, RedisServer } from "../../support/redis_server.ts";
import { StoreModel } from "../../support/store_model.ts";
import { tries } from "../../support/tries.ts";
import {
  type Argument,
  connectToStore,
  type Reply,
  type StoreAccess,
} from "../../../lib/cache/fleet/connection.ts";
import {
  ABANDON,
  FIND,
  LEASE,
  PURGE,
  PUT,
  RENEW,
  type Script,
  SYNC,
} from "../../../lib/cache/fleet/scripts.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

const STEPS = tries(600, 3000);
/** Longer than the test takes: no lease ends by itself. */
const LEASE_MS = 3_600_000;
const GENERATIONS = ["0000000000000001", "0000000000000002"] as const;

type Call = readonly [
  script: Script,
  keys: readonly string[],
  given: readonly Argument[],
];

/** As text, without times: the model has none. */
function plain(reply: Reply): unknown {
  if (reply instanceof Uint8Array) return new TextDecoder().decode(reply);
  if (!Array.isArray(reply)) return reply;
  const texts = reply.map(plain);
  if (Array.isArray(texts[2])) texts.splice(3);
  return texts[2] === "at" ? texts.slice(0, 2) : texts;
}

/** What one node may ask of the store. */
function callOf(next: () => number): Call {
  const one = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!;
  const [key, node, generation] = [
    one(["a", "b"]),
    one(["1", "2"]),
    one(GENERATIONS),
  ];
  const [record, lease, control] = [`r:${key}`, `l:${key}`, "control"];
  return one<Call>([
    [SYNC, [control, "purges"], [generation, Math.floor(next() * 8), 3]],
    [PURGE, [control, "purges"], [generation, 10_000, "wake", '["all"]']],
    [FIND, [record, lease], [node, LEASE_MS, one(Object.values(LEASE))]],
    [FIND, [record, lease], [node, 0, LEASE.IfNothing]],
    [PUT, [record, lease, control], [
      ...[generation, "variant", bytesOf(`of ${node}`), LEASE_MS, 32, node],
    ]],
    [ABANDON, [lease], [node, one([0, LEASE_MS])]],
    [RENEW, [lease], [node, LEASE_MS]],
  ]);
}

/** What is lost of both. */
async function lose(
  part: "control" | "purges" | "records",
  model: StoreModel,
  store: RedisServer,
): Promise<void> {
  model.evict(part);
  const keys = part === "records" ? ["r:a", "r:b"] : [part];
  await store.ask("DEL", ...keys);
}

async function opened(url: string): Promise<StoreAccess> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const connection = connectToStore({ url, onOpen: resolve });
  await promise;
  return connection;
}

const needs = await needingRedis(
  "whatever nodes ask, the model answers as a store does",
);
Deno.test(needs.name, { ignore: needs.ignore }, async () => {
  await using store = await RedisServer.start();
  const connection = await opened(store.url);
  const model = new StoreModel(new TestClock());
  model.kept = 10_000;
  const next = random(1);
  const { signal } = new AbortController();
  for (let step = 0; step < STEPS; step++) {
    if (next() < 0.02) {
      const parts = ["control", "purges", "records"] as const;
      await lose(parts[Math.floor(next() * 3)]!, model, store);
    }
    const [script, keys, given] = callOf(next);
    const real = plain(await connection.run(script, keys, given, signal));
    const modelled = plain(model.run(script, keys, given));
    assertEquals(modelled, real, `step ${step}: ${script.text} ${given}`);
  }
  connection.close();
});
