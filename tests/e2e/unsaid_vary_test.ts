/** Origins that code what they send, by what the client accepts, and do not say that it varies. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const TYPE = "Content-Type: text/html";
const FRESH = "Cache-Control: max-age=60";

/** Several workers share what is stored, and not what arrives. */
const ignore = Deno.env.get("SLUICE_FLAGS")?.includes("--workers") ?? false;

/** Sends the coding if the request names it, and counts requests. */
function codingOrigin(coding: string, control: string): {
  readonly origin: Origin;
  readonly count: () => number;
} {
  let count = 0;
  const origin = Origin.answering((request) => {
    count++;
    const accepted = request.field("accept-encoding") ?? "";
    const isAccepted = new RegExp(`\\b${coding}\\b(?!;q=0)`).test(accepted);
    return isAccepted
      ? ok(`as ${coding}`, TYPE, control, `Content-Encoding: ${coding}`)
      : ok("plain", TYPE, control);
  });
  return { origin, count: () => count };
}

interface Row {
  readonly what: string;
  readonly coding: string;
  /** What a client sends that gets the coding. */
  readonly accepts: string;
  readonly flags: readonly string[];
  readonly control?: string;
}

const ROWS: readonly Row[] = [
  {
    what: "nothing but brotli",
    coding: "br",
    accepts: "br, identity;q=0, gzip;q=0",
    flags: [],
  },
  {
    what: "nothing but deflate",
    coding: "deflate",
    accepts: "deflate, *;q=0",
    flags: [],
  },
  {
    what: "gzip that must stay",
    coding: "gzip",
    accepts: "gzip",
    flags: [],
    control: "max-age=60, no-transform",
  },
  {
    what: "gzip",
    coding: "gzip",
    accepts: "gzip",
    flags: ["--compress", "off"],
  },
  {
    what: "brotli",
    coding: "br",
    accepts: "gzip, deflate, br",
    flags: ["--compress", "off"],
  },
];

for (const { what, coding, accepts, flags, control = "max-age=60" } of ROWS) {
  Deno.test(`who asked for it gets it, and nobody else: ${what} ${flags}`, async () => {
    const { origin, count } = codingOrigin(coding, `Cache-Control: ${control}`);
    await using _ = origin;
    await using proxy = await Proxy.start(origin, ...flags);
    const ask = async (...fields: string[]): Promise<unknown[]> => {
      const answer = await exchange(proxy, get("/", ...fields));
      return [answer.field("content-encoding"), answer.content];
    };
    const accept = `Accept-Encoding: ${accepts}`;
    const coded = [coding, `as ${coding}`];
    assertEquals(await ask(accept), coded);
    assertEquals(await ask(accept), coded);
    assertEquals(count(), 1);
    const others = [
      [],
      ["Accept-Encoding: identity"],
      [`Accept-Encoding: ${coding};q=0`],
    ];
    for (const fields of others) {
      assertEquals(await ask(...fields), [undefined, "plain"], `${fields}`);
    }
  });
}

Deno.test(
  "gzip that is arriving is not for who does not read it",
  { ignore },
  async () => {
    const end = Promise.withResolvers<void>();
    await using origin = Origin.serving(async (peer, index) => {
      const accepted = (await peer.readMessage()).field("accept-encoding");
      if (index > 0) return await peer.send(ok(`${accepted}`, TYPE, FRESH));
      await peer.send(
        `HTTP/1.1 200 OK\r\n${TYPE}\r\n${FRESH}\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nas g`,
      );
      await end.promise;
      await peer.send("zip..");
    });
    await using proxy = await Proxy.start(origin);
    using first = await proxy.connect();
    await first.send(get("/", "Accept-Encoding: gzip"));
    await first.readHead();
    await first.readExactly(1); // now it is stored, and some of the content is there
    using other = await proxy.connect();
    await other.send(get("/", "Accept-Encoding: identity"));
    const { status, field } = await other.readHead();
    end.resolve();
    assertEquals([status, field("content-encoding")], [200, undefined]);
    assertEquals(await other.readExactly(8), "identity");
    assertEquals(await first.readExactly(8), "s gzip..");
  },
);
