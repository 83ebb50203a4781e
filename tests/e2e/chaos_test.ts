/**
 * No request is lost or answered twice while clients and origin die at random.
 *
 * Every request has a number of its own, and both ends keep count. A client sees
 * the response to its own request, whole; or an error status; or a response that
 * is visibly broken. The origin sees an unsafe request once at the most and a safe
 * one twice. In the end the proxy serves as if nothing had been.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { random } from "../support/random.ts";

const CLIENT_COUNT = 24;
const REQUESTS_PER_CLIENT = 60;
const SEED = 20261124;

/** The content that answers request `id`: of many sizes, and telling whose it is. */
function contentOf(id: number): string {
  return `${id}:`.repeat(1 + (id * 7919) % 3000);
}

interface Tally {
  /** How often the origin saw each request. */
  readonly seen: Map<number, number>;
  readonly outcomes: Record<"answered" | "refused" | "broken" | "left", number>;
}

/** Answers as it should, most of the time. */
async function unreliable(
  peer: Peer,
  chance: () => number,
  { seen }: Tally,
): Promise<void> {
  for (;;) {
    const request = await peer.readMessage();
    const id = Number(request.startLine.split("/")[1]!.split(" ")[0]);
    seen.set(id, (seen.get(id) ?? 0) + 1);
    const content = contentOf(id);
    const fate = chance();
    const response = fate < 0.5
      ? ok(content)
      : `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
    if (fate > 0.97) return; // dies before it answers
    if (fate > 0.94) return await peer.send(response.slice(0, 20)); // within the head
    if (fate > 0.90) return await peer.send(response.slice(0, -10)); // within the body
    await peer.send(response);
    if (fate > 0.85) return; // dies idle
  }
}

/** Sends requests in order, and leaves now and then in the middle of one. */
async function hasty(
  proxy: Proxy,
  first: number,
  chance: () => number,
  { outcomes }: Tally,
): Promise<void> {
  let client: Peer | undefined;
  for (let id = first; id < first + REQUESTS_PER_CLIENT; id++) {
    client ??= await proxy.connect();
    const isPost = chance() < 0.3;
    const request = isPost
      ? `POST /${id} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody`
      : get(`/${id}`);
    const leaves = chance() < 0.1;
    try {
      await client.send(leaves ? request.slice(0, -2) : request);
      if (leaves) {
        outcomes.left++;
        client.close();
        client = undefined;
        continue;
      }
      const { status, content, field } = await client.readMessage();
      if (status === 200) {
        assert(
          content === contentOf(id),
          `request ${id} got another's content`,
        );
        outcomes.answered++;
      } else {
        assertEquals(status, 502);
        outcomes.refused++;
      }
      if (field("connection") !== "close") continue;
    } catch (error) {
      if (
        !(error instanceof Error) ||
        !/^Input ended|Broken pipe|reset/i.test(error.message)
      ) {
        throw error;
      }
      outcomes.broken++;
    }
    client?.close();
    client = undefined;
  }
  client?.close();
}

Deno.test("every request is accounted for at both ends while peers die at random", async () => {
  const chance = random(SEED);
  const tally: Tally = {
    seen: new Map(),
    outcomes: { answered: 0, refused: 0, broken: 0, left: 0 },
  };
  await using origin = Origin.serving((peer) =>
    unreliable(peer, chance, tally)
  );
  await using proxy = await Proxy.start(origin, "--upstream-max", "16");
  const clients = Array.from(
    { length: CLIENT_COUNT },
    (_, i) =>
      hasty(proxy, i * REQUESTS_PER_CLIENT, random(SEED + i + 1), tally),
  );
  await Promise.all(clients);
  const { answered, refused, broken, left } = tally.outcomes;
  assertEquals(
    answered + refused + broken + left,
    CLIENT_COUNT * REQUESTS_PER_CLIENT,
  );
  assert(
    answered > 900 && refused > 0 && broken > 0 && left > 0,
    JSON.stringify(tally.outcomes),
  );
  const most = Math.max(...tally.seen.values());
  assert(most <= 2, `a request was sent ${most} times`);
});

Deno.test("an unsafe request reaches the origin once at the most, whatever dies", async () => {
  const chance = random(SEED);
  const tally: Tally = {
    seen: new Map(),
    outcomes: { answered: 0, refused: 0, broken: 0, left: 0 },
  };
  await using origin = Origin.serving((peer) =>
    unreliable(peer, chance, tally)
  );
  await using proxy = await Proxy.start(origin);
  for (let id = 0; id < 300; id++) {
    await exchange(proxy, `POST /${id} HTTP/1.1\r\nHost: a\r\n\r\n`).catch(
      () => {},
    ); // broken: as planned
  }
  assertEquals([...tally.seen.values()].filter((count) => count > 1), []);
});
