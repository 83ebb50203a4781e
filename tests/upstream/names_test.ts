/** Names that stand for several servers, that move, and that are not found for a while. */

import { parseOriginAddress } from "../../lib/net/address.ts";
import { type Addresses, NameWatch } from "../../lib/upstream/name_watch.ts";
import type { Upstream } from "../../lib/upstream/upstream.ts";
import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { serverAt, upstreamAt, upstreamOptions } from "../support/upstreams.ts";

/** What the names stand for, until a test says otherwise; a name without an entry is not found. */
class Names {
  readonly clock = new TestClock();
  readonly known = new Map<string, readonly string[]>();
  asked = 0;

  readonly resolver = (name: string): Promise<readonly string[]> => {
    this.asked++;
    const found = this.known.get(name);
    return found === undefined
      ? Promise.reject(new Error("not found"))
      : Promise.resolve(found);
  };

  /** Lets time pass, and what has been asked for come. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }
}

function hostsOf(addresses: Addresses): string[][] {
  return addresses.map((list) =>
    list.map(({ socket }) => socket.transport === "tcp" ? socket.hostname : "")
  );
}

Deno.test("a name with several addresses is several servers; what is not found stays as it was", async () => {
  const names = new Names();
  const told: string[][][] = [];
  const watch = new NameWatch(
    ["http://app:3000", "http://10.0.0.1:80"].map(parseOriginAddress),
    names.resolver,
    names.clock,
    {
      onChange: (addresses) => told.push(hostsOf(addresses)),
      onMove: () => {},
    },
  );
  await names.pass(0);
  assertEquals([told, names.asked], [[], 1], "not found: dialed by name");
  names.known.set("app", ["10.1.0.2", "10.1.0.1", "10.1.0.2"]);
  await names.pass(10_000);
  assertEquals(told, [[["10.1.0.1", "10.1.0.2"], ["10.0.0.1"]]]);
  names.known.set("app", ["10.1.0.2", "10.1.0.1"]);
  await names.pass(10_000);
  names.known.delete("app");
  await names.pass(10_000);
  assertEquals(told.length, 1, "another order, or nothing, is no change");
  names.known.set("app", ["10.1.0.3"]);
  await names.pass(10_000);
  assertEquals(told.at(-1), [["app"], ["10.0.0.1"]]);
  watch.close();
  await names.pass(10_000);
  assertEquals([names.asked, names.clock.timerCount], [5, 0]);
});

Deno.test("a failure resolves names at once, but not more often than once a second", async () => {
  const names = new Names();
  const watch = new NameWatch(
    [parseOriginAddress("http://app:3000")],
    names.resolver,
    names.clock,
    { onChange: () => {}, onMove: () => {} },
  );
  await names.pass(500);
  watch.hurry();
  assertEquals(names.asked, 1);
  await names.pass(500);
  watch.hurry();
  watch.hurry();
  await names.pass(0);
  assertEquals(names.asked, 2);
  watch.close();
});

Deno.test("addresses, sockets and localhost are not resolved", async () => {
  const names = new Names();
  const watch = new NameWatch(
    ["http://[::1]:1", "http://127.0.0.1:1", "unix:/s", "http://localhost:1"]
      .map(parseOriginAddress),
    names.resolver,
    names.clock,
    { onChange: () => {}, onMove: () => {} },
  );
  await names.pass(20_000);
  watch.hurry();
  assertEquals([names.asked, names.clock.timerCount], [0, 0]);
  watch.close();
});

/** An upstream of one server whose names are what a test says. */
function upstreamOf(
  { clock, resolver }: Names,
  url: string,
): { readonly it: Upstream } & Disposable {
  return upstreamAt(upstreamOptions([serverAt(url)]), { clock, resolver });
}

Deno.test("a server that stays keeps its state when others come and go", async () => {
  const names = new Names();
  names.known.set("app", ["10.1.0.1", "10.1.0.2"]);
  using upstream = upstreamOf(names, "http://app:3000");
  await names.pass(0);
  const [first, second] = upstream.it.servers;
  assertEquals(
    [first!.name, second!.name],
    ["app:3000 (10.1.0.1)", "app:3000 (10.1.0.2)"],
  );
  upstream.it.failed(first!, "a test");
  assertEquals([first!.isOut, second!.isOut], [true, false]);
  names.known.set("app", ["10.1.0.1", "10.1.0.3"]);
  await names.pass(5000);
  await names.pass(5000);
  const [kept, other] = upstream.it.servers;
  assertEquals([kept === first, other!.name], [true, "app:3000 (10.1.0.3)"]);
});

Deno.test("an ejection doubles each time, up to its bound, and ends by itself", async () => {
  const names = new Names();
  names.known.set("app", ["10.1.0.1", "10.1.0.2"]);
  using upstream = upstreamOf(names, "http://app:3000");
  await names.pass(0);
  const [server] = upstream.it.servers;
  const choice = {
    request: undefined as never, // nothing here looks at it
    client: "",
    part: 0,
    tried: new Set<never>(),
  };
  for (const forMs of [10_000, 20_000, 20_000]) {
    upstream.it.failed(server!, "a test");
    await names.pass(forMs - 100);
    assertEquals(server!.isOut, true, `${forMs}`);
    await names.pass(200);
    assertEquals(server!.isOut, false, `${forMs}`);
    upstream.it.choose(choice); // sees that it is back
  }
  upstream.it.succeeded(server!);
  await names.pass(10_000);
  upstream.it.succeeded(server!);
  upstream.it.failed(server!, "a test");
  await names.pass(10_100);
  assertEquals(server!.isOut, false, "it began anew");
});

Deno.test("when a name has one address left, that is another server than the one that failed", async () => {
  const names = new Names();
  names.known.set("app", ["10.1.0.1", "10.1.0.2"]);
  using upstream = upstreamOf(names, "http://app:3000");
  const { it } = upstream;
  await names.pass(0);
  const gone = it.servers[0]!;
  assertEquals(it.hasOther(0, new Set([gone])), true);
  names.known.set("app", ["10.1.0.2"]);
  await names.pass(10_000);
  assertEquals([it.isGroup, it.hasOther(0, new Set([gone]))], [false, true]);
  assertEquals(it.hasOther(0, new Set(it.servers)), false);
});
