/**
 * What access costs a request, but for its connection: a look into shared memory, a look
 * at addresses; and the whole step of a rate, with the headers that it adds.
 */

import type { Exchange } from "../../lib/exchange/exchange_state.ts";
import { ratePhase } from "../../lib/access/limits/rate_phase.ts";
import {
  addTo,
  ClientTexts,
  keyOfLimit,
} from "../../lib/access/limits/limit_key.ts";
import {
  countsIn,
  createLimitMemory,
} from "../../lib/access/limits/limit_memory.ts";
import { seedOf } from "../../lib/access/limits/slot_sets.ts";
import { parseCidr } from "../../lib/net/cidr.ts";
import { CidrTrie } from "../../lib/net/cidr_trie.ts";

/** Clients that take turns: too many for a processor's nearest cache. */
const CLIENTS = 4096;

const memory = createLimitMemory(1);
const { rates, inFlight } = countsIn(memory, 1, 0);
const base = keyOfLimit(seedOf(memory), 'hosts["api.acme.example"].limit[0]');
const addresses = Array.from(
  { length: CLIENTS },
  (_, i) => `198.51.${i >> 8}.${i & 255}`,
);
const clients = new ClientTexts();
const allowance = { intervalMs: 0.001, burst: 100 };
const key = { low: 0, high: 0 };
const trie = new CidrTrie(
  addresses.map((address) => parseCidr(`${address}/31`)),
);
let turn = 0;

function nextAddress(): string {
  return addresses[turn++ & CLIENTS - 1]!;
}

Deno.bench("a rate, by client", () => {
  addTo(key, base, clients.of(nextAddress()));
  rates.take(key, allowance, 1_700_000_000_000 + (turn >> 10));
});

/** As much of an exchange as a rate looks at. */
const exchange = {
  site: { clock: { now: () => 1_700_000_000_000 + (turn >> 10) } },
  request: { hasRequestLine: true },
  client: { address: "", isTrusted: false, options: { clientAddress: "" } },
  addedLines: "",
  addLines(lines: string): void {
    this.addedLines = lines;
  },
};
const phase = ratePhase([{
  id: 'hosts["api.acme.example"].limit[0]',
  by: "client",
  status: 429,
  dryRun: false,
  rate: allowance,
  concurrent: undefined,
  queueMax: 0,
  queueMs: 0,
}], countsIn(memory, 1, 0))!;

Deno.bench("a rate, by client, the whole step", () => {
  exchange.client.address = nextAddress();
  phase(exchange as unknown as Exchange);
});

Deno.bench("a request in flight, by client", () => {
  addTo(key, base, clients.of(nextAddress()));
  inFlight.leave(inFlight.enter(key, 10));
});

Deno.bench("an address among 4096 blocks", () => {
  trie.has(nextAddress());
});
