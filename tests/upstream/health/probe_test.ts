/** What a probe sends, and which answers are good. */

import { parseOriginAddress } from "../../../lib/net/address.ts";
import { SystemClock } from "../../../lib/net/clock.ts";
import { DeadlineWheel } from "../../../lib/net/deadline.ts";
import { Handshakes } from "../../../lib/upstream/handshakes.ts";
import {
  type HealthOptions,
  probe,
} from "../../../lib/upstream/health/probe.ts";
import { Server } from "../../../lib/upstream/server.ts";
import {
  createUpstreamMemory,
  SharedState,
} from "../../../lib/upstream/shared_state.ts";
import { assertEquals } from "../../support/assert.ts";
import { ok, Origin } from "../../support/origin.ts";
import { refusingUrl } from "../../support/free_port.ts";

const HEALTH: HealthOptions = {
  path: "/healthz",
  everyMs: 1000,
  timeoutMs: 200,
  fall: 3,
  rise: 2,
  statuses: [{ first: 200, last: 399 }],
  host: "",
  headers: {},
  body: "",
};

const EARLY_HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

/** Probes an origin that answers this; returns what it was asked, too. */
async function probed(
  answer: string,
  more: Partial<HealthOptions> = {},
): Promise<{ failure: string | undefined; head: string }> {
  let head = "";
  await using origin = Origin.serving(async (peer) => {
    ({ head } = await peer.readHead());
    await peer.send(answer);
    if (answer === "") await peer.readToEnd();
  });
  const failure = await probeAt(origin.url, more);
  return { failure, head: head.replaceAll(origin.url.slice(7), "ORIGIN") };
}

async function probeAt(
  url: string,
  more: Partial<HealthOptions> = {},
): Promise<string | undefined> {
  const clock = new SystemClock();
  const address = parseOriginAddress(url);
  const state = new SharedState(createUpstreamMemory(1), 1, clock);
  const options = {
    address,
    weight: 1,
    percent: undefined,
    backup: false,
    drain: false,
    when: undefined,
  };
  const server = new Server(options, address, 0, 0, state, 0);
  return await probe(server, { ...HEALTH, ...more }, {
    handshakes: new Handshakes([]),
    timeoutMs: 200,
    makeRoom: () => false,
    tlsName: "",
  }, new DeadlineWheel(clock));
}

Deno.test("an answer is good or not, with the reason", async (t) => {
  const chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n";
  const rows: [
    answer: string,
    more: Partial<HealthOptions>,
    failure: string | undefined,
  ][] = [
    [ok("fine"), {}, undefined],
    ["HTTP/1.1 302 Found\r\n\r\n", {}, undefined],
    [chunked, {}, undefined],
    ["HTTP/1.1 404 No\r\n\r\n", {}, "status 404"],
    [EARLY_HINTS + ok("fine"), {}, undefined],
    [EARLY_HINTS + EARLY_HINTS + ok("is well"), { body: "is w" }, undefined],
    [EARLY_HINTS + "HTTP/1.1 500 No\r\n\r\n", {}, "status 500"],
    [EARLY_HINTS, {}, "no answer"],
    [
      "HTTP/1.1 404 No\r\n\r\n",
      { statuses: [{ first: 404, last: 404 }] },
      undefined,
    ],
    [ok("all is well"), { body: "is w" }, undefined],
    [ok("all is bad"), { body: "is w" }, "its answer lacks the text"],
    ["", {}, "no answer within 200 ms"],
    ["nonsense\r\n\r\n", {}, "Status line: version"],
    ["HTTP/1.1 200", {}, "no answer"],
  ];
  for (const [answer, more, failure] of rows) {
    await t.step(
      `${JSON.stringify(answer)}: ${failure ?? "good"}`,
      async () => {
        assertEquals((await probed(answer, more)).failure, failure);
      },
    );
  }
});

Deno.test("a probe names the server, or what the configuration says", async () => {
  assertEquals(
    (await probed(ok(""))).head,
    "GET /healthz HTTP/1.1\r\nHost: ORIGIN\r\nUser-Agent: sluice-health\r\nConnection: close\r\n\r\n",
  );
  assertEquals(
    (await probed(ok("x"), {
      host: "acme.example",
      headers: { "X-Probe": "1" },
      body: "x",
    })).head,
    "GET /healthz HTTP/1.0\r\nHost: acme.example\r\nUser-Agent: sluice-health\r\nConnection: close\r\nX-Probe: 1\r\n\r\n",
  );
});

Deno.test("a server that cannot be reached fails its probe", async () => {
  assertEquals(await probeAt(refusingUrl()), "connection refused");
});
