/** Digests of what a message carries (RFC 9530 §2): they do not hold for another part of it. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { RangeOrigin, SLICE } from "../support/range_origin.ts";

const OF_THE_WHOLE = ["Content-Digest: sha-256=:aa==:", "Content-MD5: aa"];
const OF_ALL_PARTS = ["Repr-Digest: sha-256=:bb==:", "Digest: sha-256=bb"];

/** The values of digests that an answer has. */
function digestsOf({ field }: Message): (string | undefined)[] {
  return ["content-digest", "content-md5", "repr-digest", "digest"].map(field);
}

const ALL = ["sha-256=:aa==:", "aa", "sha-256=:bb==:", "sha-256=bb"];
const OF_A_PART = [undefined, undefined, "sha-256=:bb==:", "sha-256=bb"];

Deno.test("a part of what is stored has no digest of the whole content", async () => {
  await using origin = Origin.answering(() =>
    ok(
      "x".repeat(300),
      "Cache-Control: max-age=60",
      ...OF_THE_WHOLE,
      ...OF_ALL_PARTS,
    )
  );
  await using proxy = await Proxy.start(origin);
  const rows: [request: string[], status: number, digests: unknown][] = [
    [[], 200, ALL],
    [["Range: bytes=0-9"], 206, OF_A_PART],
    [["Range: bytes=0-9,200-209"], 206, OF_A_PART],
    [[], 200, ALL],
  ];
  for (const [request, status, digests] of rows) {
    const answer = await exchange(proxy, get("/", ...request));
    assertEquals([answer.status, digestsOf(answer)], [status, digests]);
  }
});

Deno.test("a 304 leaves the digest of the content that is stored", async () => {
  const TAG = 'ETag: "a"';
  await using origin = Origin.answering((_, index) =>
    index === 0
      ? ok(
        "x",
        TAG,
        "Cache-Control: max-age=0",
        ...OF_THE_WHOLE,
        ...OF_ALL_PARTS,
      )
      : `HTTP/1.1 304 x\r\n${TAG}\r\nContent-Digest: sha-256=:no:\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  assertEquals(digestsOf(await exchange(proxy, get("/"))), ALL);
});

Deno.test("the digest of a slice is not that of the whole that it is a part of", async () => {
  await using origin = new RangeOrigin(3 * SLICE);
  origin.fields = ['ETag: "1"', ...OF_THE_WHOLE, ...OF_ALL_PARTS];
  await using proxy = await origin.start();
  const begin = SLICE + 5;
  for (const range of [`${begin}-${begin}`, "0-0", `0-${SLICE}`]) {
    const answer = await exchange(proxy, get("/v", `Range: bytes=${range}`));
    assertEquals([answer.status, digestsOf(answer)], [206, OF_A_PART], range);
  }
  const whole = await exchange(proxy, get("/v"));
  assertEquals([whole.status, digestsOf(whole)], [200, OF_A_PART]);
});
