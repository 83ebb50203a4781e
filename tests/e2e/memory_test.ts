/** What is being read, and what is arriving, counts: memory has a bound whoever does not read. */

import { assert, assertEquals } from "../support/assert.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const FRESH = "Cache-Control: max-age=60";
const MIB = 1 << 20;
const SMALL = ok("small", FRESH);

/** Clients that ask for 7 MiB each and do not read. */
async function clientsThatDoNotRead(
  port: number,
  count: number,
): Promise<Peer[]> {
  const clients: Peer[] = [];
  for (let i = 0; i < count; i++) {
    const client = await Peer.connect(port);
    clients.push(client);
    await client.send(get(`/large/${i}`));
    await client.readHead(); // it has been asked, and answered
  }
  return clients;
}

/** An origin of large objects, of known length or not, and of small ones. */
function largeOrigin(isChunked: boolean): Origin {
  const content = "x".repeat(7 * MIB);
  const chunked = `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked` +
    `\r\n\r\n${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
  const large = bytesOf(isChunked ? chunked : ok(content, FRESH));
  return Origin.answering(({ startLine }) =>
    startLine.includes("large") ? large : SMALL
  );
}

/** The resident memory of a process, in bytes. */
function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s*(\d+)/.exec(status)![1]) * 1024;
}

for (const workers of rows(["1", "2"], "1")) {
  for (const isChunked of rows([false, true], true)) {
    Deno.test({
      name:
        `clients that do not read cannot take more than the cache may: ${workers} worker(s), ${
          isChunked ? "chunked" : "of known length"
        }`,
      ignore: Deno.build.os !== "linux",
    }, async () => {
      await using origin = largeOrigin(isChunked);
      const program = new Program(
        ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
        ...["--workers", workers, "--cache-size", "64MiB"],
        ...["--drain-timeout", "100ms"],
      );
      const port = await program.port();
      const before = residentBytes(program.pid);
      const clients = await clientsThatDoNotRead(port, 80);
      // Whatever is taken without end has been taken by the time that others have been served.
      using other = await Peer.connect(port);
      for (let i = 0; i < 300; i++) {
        await other.send(get("/small"));
        assertEquals((await other.readMessage()).content, "small");
      }
      const taken = residentBytes(program.pid) - before;
      for (const client of clients) client.close();
      program.signal("SIGTERM");
      assertEquals((await program.ended()).code, 0);
      assert(taken < 3 * 64 * MIB, `${Math.round(taken / MIB)} MiB`);
    });
  }
}

Deno.test("what finds no room passes and is not stored, until there is room again", async () => {
  await using origin = largeOrigin(false);
  await using proxy = await Proxy.start(
    origin,
    "--cache-size",
    "16MiB",
    "--workers",
    "1",
  );
  const statusOf = async (path: string): Promise<string | undefined> =>
    (await exchange(proxy, get(path))).field("cache-status");
  assertEquals(await statusOf("/large/a"), "sluice; fwd=uri-miss; stored");
  const clients = [await proxy.connect(), await proxy.connect()];
  const [first, second] = clients as [Peer, Peer];
  // The first is held as it is read, and the second comes beside it no more than once.
  await first.send(get("/large/a"));
  assert((await first.readHead()).field("cache-status")!.includes("; hit;"));
  await second.send(get("/large/b"));
  assertEquals(
    (await second.readHead()).field("cache-status"),
    "sluice; fwd=uri-miss; detail=no-room",
  );
  // What is held is not evicted in vain.
  assert((await statusOf("/large/a"))!.includes("; hit;"));
  await first.readExactly(7 * MIB);
  await second.readExactly(7 * MIB);
  assertEquals(await statusOf("/large/b"), "sluice; fwd=uri-miss; stored");
  for (const client of clients) client.close();
});
