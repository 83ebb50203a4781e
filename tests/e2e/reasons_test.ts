/** Cache-Status and the JSON log name the rule that decided, and not only its kind. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const FRESH = "Cache-Control: max-age=60";
const TAG = 'ETag: "a"';

/** An origin whose responses say this; a request with a condition gets 304. */
function originOf(...says: readonly string[]): Origin {
  return Origin.answering(({ head }) =>
    /^if-none-match:/im.test(head)
      ? `HTTP/1.1 304 Not Modified\r\n${says.join("\r\n")}\r\n\r\n`
      : ok("x", ...says)
  );
}

Deno.test("why the origin was asked, of a response that is stored", async (t) => {
  const rows: [says: string, asks: string[], status: string][] = [
    ["max-age=60", [], "hit; ttl=59"],
    ["max-age=0", [], "fwd=stale; fwd-status=304"],
    ["max-age=60, no-cache", [], "fwd=stale; fwd-status=304; detail=no-cache"],
    [
      "max-age=60",
      ["Cache-Control: no-cache"],
      "fwd=request; fwd-status=304; detail=request-no-cache",
    ],
    [
      "max-age=60",
      ["Pragma: no-cache"],
      "fwd=request; fwd-status=304; detail=request-no-cache",
    ],
    [
      "max-age=60",
      ["Cache-Control: min-fresh=90"],
      "fwd=request; fwd-status=304; detail=request-min-fresh",
    ],
    // What became of the response goes before why it was asked for.
    [
      "max-age=60",
      ["Cache-Control: no-cache, no-store"],
      "fwd=request; fwd-status=304; detail=request-no-store",
    ],
  ];
  for (const [says, asks, status] of rows) {
    await t.step(`${says} | ${asks.join(" | ")}`, async () => {
      await using origin = originOf(`Cache-Control: ${says}`, TAG);
      await using proxy = await Proxy.start(origin);
      await exchange(proxy, get("/"));
      const again = await exchange(proxy, get("/", ...asks));
      const shown = again.field("cache-status");
      assertEquals(shown?.replace(/ttl=\d+/, "ttl=59"), `sluice; ${status}`);
    });
  }
});

Deno.test("each bypass has its own reason, whatever the response says", async (t) => {
  const rows: [asks: string[], detail: string][] = [
    [["Content-Length: 1"], "content"],
    [["If-Match: *"], "if-match"],
    [
      ["If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"],
      "if-unmodified-since",
    ],
    [["X-HTTP-Method-Override: PUT"], "method-override"],
    [["X-HTTP-Method: PUT"], "method-override"],
    [["Connection: upgrade", "Upgrade: websocket"], "upgrade"],
    [["X-Rewrite-URL: /x"], "bypass"],
  ];
  for (const says of [FRESH, "Cache-Control: no-store"]) {
    await using origin = originOf(says);
    await using proxy = await Proxy.start(origin, "--trust-proxy", "127.0.0.1");
    for (const [asks, detail] of rows) {
      await t.step(`${asks.join(" | ")} | ${says}`, async () => {
        const { status, field } = await shownBy(proxy, asks);
        assertEquals(status, 200);
        assertEquals(field, `sluice; fwd=bypass; detail=${detail}`);
      });
    }
  }
});

async function shownBy(
  proxy: Proxy,
  asks: readonly string[],
): Promise<{ status: number; field: string | undefined }> {
  const content = asks[0] === "Content-Length: 1" ? "x" : "";
  const response = await exchange(proxy, get("/", ...asks) + content);
  return { status: response.status, field: response.field("cache-status") };
}

Deno.test("the JSON log has the reasons of cache and coding", async () => {
  await using origin = originOf(
    "Cache-Control: max-age=60, no-cache",
    "Content-Type: text/plain",
    TAG,
  );
  await using proxy = await Proxy.start(origin, "--log-format", "json");
  const rows: [request: string, logged: unknown][] = [
    [get("/"), { cache: { result: "miss", reason: "uri-miss" } }],
    [get("/"), { cache: { result: "revalidated", reason: "no-cache" } }],
    [get("/", "If-Match: *"), {
      cache: { result: "bypass", reason: "if-match" },
      coding_reason: "too-small",
    }],
    [get("/", "Authorization: x"), {
      cache: {
        result: "revalidated",
        reason: "authorization",
        alone: "for-one-client",
      },
    }],
  ];
  for (const [request, logged] of rows) {
    await exchange(proxy, request);
    const { cache, coding_reason } = JSON.parse(await proxy.nextLogLine());
    assertEquals(
      coding_reason === undefined ? { cache } : { cache, coding_reason },
      logged,
    );
  }
});

Deno.test("the JSON log says why a request was sent once more, or was not", async (t) => {
  const post = get("/").replace("GET", "POST");
  const rows: [request: string, status: number, reason: string][] = [
    [get("/"), 200, "nothing-processed"],
    [post, 502, "not-idempotent"],
    [
      get("/", "Content-Length: 1").replace("GET", "PUT") + "x",
      502,
      "content-consumed",
    ],
  ];
  for (const [request, status, reason] of rows) {
    await t.step(reason, async () => {
      // It closes its first connection when the second request has come.
      await using origin = Origin.serving(async (peer, index) => {
        for (let count = 0; index > 0 || count < 1; count++) {
          await peer.readMessage();
          await peer.send(ok("x", "Cache-Control: no-store"));
        }
        await peer.readHead();
      });
      await using proxy = await Proxy.start(origin, "--log-format", "json");
      using client = await proxy.connect(); // one: of one worker
      await client.send(get("/"));
      await client.readMessage();
      const first = JSON.parse(await proxy.nextLogLine());
      assertEquals(first.retry_reason, undefined);
      await client.send(request);
      assertEquals((await client.readMessage()).status, status);
      const { retry_reason } = JSON.parse(await proxy.nextLogLine());
      assertEquals(retry_reason, reason);
    });
  }
});

Deno.test("the JSON log says why a stale response did not stand in for an error", async (t) => {
  const rows: [says: string, asks: string[], reason: string | undefined][] = [
    ["max-age=0", [], "error-passed-on"],
    ["max-age=0, stale-if-error=60", [], undefined],
    ["max-age=0, stale-if-error=60, must-revalidate", [], "must-revalidate"],
    ["s-maxage=0", [], "s-maxage"],
    ["max-age=0, stale-if-error=60, no-cache", [], "no-cache"],
    [
      "max-age=0, stale-if-error=60",
      ["Cache-Control: no-cache"],
      "request-no-cache",
    ],
  ];
  for (const [says, asks, reason] of rows) {
    await t.step(`${says} | ${asks.join(" | ")}`, async () => {
      await using origin = Origin.answering((_, index) =>
        index === 0
          ? ok("x", `Cache-Control: ${says}`, TAG)
          : "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
      );
      await using proxy = await Proxy.start(origin, "--log-format", "json");
      await exchange(proxy, get("/"));
      await proxy.nextLogLine();
      const { status } = await exchange(proxy, get("/", ...asks));
      assertEquals(status, reason === undefined ? 200 : 503);
      const { cache } = JSON.parse(await proxy.nextLogLine());
      assertEquals(cache.not_stale, reason);
    });
  }
});
