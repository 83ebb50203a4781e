/** No byte of one exchange is ever in another: what an origin sends too much goes to nobody. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { get, Proxy } from "../support/proxy.ts";

/** What an origin sends behind its response: another one, which nobody asked for. */
const EXCESS = ok("stolen");
/** Clients that wait for the one connection there may be, and how often. */
const CLIENTS = 6;
const ROUNDS = 10;

/** A response of so many bytes in all. */
function responseOf(size: number, mark: string): string {
  const build = (content: string): string =>
    ok(content, "Cache-Control: no-store");
  let content = mark.padEnd(Math.max(mark.length, size - 100), ".");
  while (build(content).length < size) content += ".";
  return build(
    content.slice(0, content.length - (build(content).length - size)),
  );
}

/** The sizes of our reads, and their neighbours. */
const SIZES = [
  ...[500, 16_383, 16_384, 16_385, 20_000],
  ...[81_919, 81_920, 81_921, 147_456],
];

for (const size of SIZES) {
  Deno.test(`a response of ${size} bytes and more in one write, with a queue`, async () => {
    await using origin = Origin.serving(async (peer) => {
      for (;;) {
        const { startLine } = await peer.readHead();
        await peer.send(responseOf(size, startLine.split(" ")[1]!) + EXCESS);
      }
    });
    await using proxy = await Proxy.start(
      origin,
      ...["--upstream-max", "1", "--compress", "off"],
    );
    const wrong: string[] = [];
    const ask = async (index: number): Promise<void> => {
      using client = await proxy.connect();
      for (let round = 0; round < ROUNDS; round++) {
        const target = `/${index}/${round}/`;
        await client.send(get(target));
        const { content } = await client.readMessage();
        if (!content.startsWith(target)) wrong.push(`${target}: ${content}`);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => ask(i)));
    assertEquals(wrong, []);
  });
}

Deno.test("connections of an origin that sends what it says are used again", async () => {
  await using origin = Origin.answering(({ startLine }) =>
    ok(startLine, "Cache-Control: no-store")
  );
  await using proxy = await Proxy.start(origin, "--upstream-max", "2");
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      using client = await proxy.connect();
      for (let round = 0; round < ROUNDS; round++) {
        await client.send(get(`/${index}/${round}`));
        await client.readMessage();
      }
    }),
  );
  assertEquals(origin.connectionCount, 2);
});
