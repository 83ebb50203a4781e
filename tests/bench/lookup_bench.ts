/** From a request's target to what is stored under it, among 10,000. */

import { assert } from "../support/assert.ts";
import { random } from "../support/random.ts";
import { LIMITS } from "../support/splits.ts";
import { putUnder } from "../support/stored.ts";
import { CacheKey } from "../../lib/cache/policy/cache_key.ts";
import { MemoryStore } from "../../lib/cache/store/memory/memory_store.ts";
import { FIELD } from "../../lib/http/field.ts";
import { textOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { BROWSER_FIELDS, requestBytes } from "./messages.ts";

const COUNT = 10_000;
/** Requests that take turns, spread over what is stored: too many for a processor's nearest cache. */
const ASKED = 1024;
const SEED = 1;

const key = new CacheKey("keep", SEED);
const store = new MemoryStore({ bytesMax: 2 ** 30, objectBytesMax: 2 ** 20 });
const byText = new Map<string, number>();

function parse(number: number): RequestHead {
  const bytes = requestBytes(`/item/${number}?view=all`, BROWSER_FIELDS);
  const request = new RequestHead();
  request.begin(0, LIMITS);
  assert(request.parse(bytes, bytes.length));
  return request;
}

function makeKey({ fields, bytes, target, targetEnd }: RequestHead): void {
  const host = fields.first(FIELD.Host);
  const start = fields.valueStart(host);
  const end = fields.valueEnd(host);
  key.make(bytes, start, end, bytes, target.pathStart, targetEnd);
}

/** A key as a program would have it that trusts its clients: host and target, as they came. */
function textKey(
  { fields, bytes, targetStart, targetEnd }: RequestHead,
): string {
  const target = textOf(bytes, targetStart, targetEnd);
  return `${fields.text(FIELD.Host)}${target}`;
}

for (let number = 0; number < COUNT; number++) {
  const request = parse(number);
  makeKey(request);
  const traits = { length: 16, mark: 0, tags: [] };
  assert(putUnder(store, key.written.view().slice(), key.hash, traits));
  byText.set(textKey(request), number);
}

const chance = random(SEED);
const requests = Array.from(
  { length: ASKED },
  () => parse(Math.floor(chance() * COUNT)),
);
let turn = 0;

function nextRequest(): RequestHead {
  turn = (turn + 1) % ASKED;
  return requests[turn]!;
}

const group = `lookup among ${COUNT}`;
Deno.bench({ name: "a map of strings", group, baseline: true }, () => {
  assert(byText.get(textKey(nextRequest())) !== undefined);
});
Deno.bench({ name: "key", group }, () => makeKey(nextRequest()));
Deno.bench({ name: "key and store", group }, () => {
  makeKey(nextRequest());
  assert(store.find(key) !== undefined);
});
