/** Slices of an origin that does not say whether it sends ranges, and slices of content with a coding. */

import { assert, assertEquals } from "../support/assert.ts";
import { partOf } from "../support/content.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, type Proxy } from "../support/proxy.ts";
import { RangeOrigin, SLICE } from "../support/range_origin.ts";

const LENGTH = 5 * SLICE + 100;
const BEGIN = 2 * SLICE + 5;
const RANGE = `Range: bytes=${BEGIN}-${BEGIN + 9}`;

function slice(index: number): string {
  return `GET /v ${index * SLICE}-${(index + 1) * SLICE - 1}`;
}

/** The ten bytes of {@linkcode RANGE}, which are the right ones. */
async function ten(
  proxy: Proxy,
  origin: RangeOrigin,
  ...fields: readonly string[]
): Promise<Message> {
  const answer = await exchange(proxy, get("/v", RANGE, ...fields));
  assertEquals(partOf(answer), [
    206,
    `bytes ${BEGIN}-${BEGIN + 9}/${LENGTH}`,
    origin.content.slice(BEGIN, BEGIN + 10),
  ]);
  return answer;
}

Deno.test("an origin that does not say whether it sends ranges is asked for them, but for no rest of what it sends whole", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  origin.acceptRanges = undefined;
  for (let i = 0; i < 2; i++) {
    const whole = await exchange(proxy, get("/v"));
    assert(whole.content === origin.content);
  }
  assertEquals(origin.taken(), ["GET /v", "GET /v"]);
  await ten(proxy, origin);
  assertEquals(origin.taken(), [slice(2)]);
  await ten(proxy, origin);
  assertEquals(origin.taken(), []);
  const whole = await exchange(proxy, get("/v"));
  assert(whole.content === origin.content);
  assertEquals(origin.taken(), [0, 1, 3, 4, 5].map(slice));
});

Deno.test("an origin that says that it sends no ranges is not asked for slices", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  origin.acceptRanges = "none";
  await exchange(proxy, get("/v"));
  await ten(proxy, origin);
  assertEquals(origin.taken(), ["GET /v", `GET /v ${BEGIN}-${BEGIN + 9}`]);
});

Deno.test("content with a coding is kept in slices for those who ask for it in the same way", async () => {
  for (const flags of [[], ["--compress", "off"]]) {
    await using origin = new RangeOrigin(LENGTH);
    await using proxy = await origin.start(...flags);
    origin.fields = ['ETag: "1"', "Content-Encoding: gzip"];
    const reads = "Accept-Encoding: gzip";
    const answer = await ten(proxy, origin, reads);
    assertEquals(answer.field("content-encoding"), "gzip");
    assertEquals(origin.taken(), [slice(2)]);
    await ten(proxy, origin, reads);
    assertEquals(origin.taken(), []);
    const whole = await exchange(proxy, get("/v", reads));
    assert(whole.content === origin.content);
    assertEquals(whole.field("content-encoding"), "gzip");
    assertEquals(origin.taken(), [0, 1, 3, 4, 5].map(slice));
    // Another gets what the origin has for it, apart from that.
    origin.fields = ['ETag: "2"'];
    const plain = await ten(proxy, origin, "Accept-Encoding: identity");
    assertEquals(plain.field("content-encoding"), undefined);
    assertEquals(origin.taken(), [slice(2)]);
    await ten(proxy, origin, reads);
    assertEquals(origin.taken(), []);
  }
});

Deno.test("slices of another coding are not put together, whatever their tag says", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  origin.fields = ['ETag: "1"', "Content-Encoding: gzip"];
  const reads = "Accept-Encoding: gzip";
  await ten(proxy, origin, reads);
  origin.taken();
  origin.fields = ['ETag: "1"'];
  const begin = `Range: bytes=${SLICE}-${3 * SLICE - 1}`;
  const answer = await exchange(proxy, get("/v", begin, reads));
  assertEquals(answer.field("content-encoding"), undefined);
  assertEquals(origin.taken(), [slice(1), slice(1), slice(2)]);
});
