/** Traces go on through sluice, and its spans come to a collector, if the runtime records them. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { type Message, Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { refusingUrl } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** A span as OTLP has it in JSON. */
interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, string | number>>;
  }[];
}

/** Takes what the runtime sends by OTLP over HTTP. */
class Collector implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #spans: SpanRecord[] = [];
  #onSpans: (() => void) | undefined;

  constructor() {
    const onListen = (): void => {};
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen },
      async (request) => {
        const body = await request.json();
        for (const { scopeSpans } of body.resourceSpans ?? []) {
          for (const { scope, spans } of scopeSpans) {
            if (scope.name === "sluice") this.#spans.push(...spans);
          }
        }
        this.#onSpans?.();
        return Response.json({});
      },
    );
  }

  /** What switches the runtime's support on. */
  get variables(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "50",
    };
  }

  /** The spans so far, once there are so many. */
  async spans(count: number): Promise<readonly SpanRecord[]> {
    while (this.#spans.length < count) {
      await new Promise<void>((resolve) => this.#onSpans = resolve);
    }
    return this.#spans;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function attributesOf({ attributes }: SpanRecord): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
  );
}

async function ask(
  port: number,
  target: string,
  ...fields: readonly string[]
): Promise<Message> {
  using peer = new Peer(await Deno.connect({ hostname: "127.0.0.1", port }));
  const lines = ["Host: h", "Connection: close", ...fields];
  await peer.send(`GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  return await peer.readMessage();
}

for (const workers of rows(["1", "2"], "1")) {
  Deno.test({
    name: `spans of a request and of what it asks, ${workers} worker(s)`,
    ignore: workers === "2" && Deno.build.os !== "linux",
  }, async () => {
    await using collector = new Collector();
    const heads: Message[] = [];
    await using origin = Origin.answering((request) => {
      heads.push(request);
      return ok("hello", "Cache-Control: max-age=60");
    });
    const program = Program.among(
      collector.variables,
      ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
      ...["--workers", workers, "--log-format", "off"],
    );
    const port = await program.port();
    const parent = `traceparent: 00-${TRACE}-${SPAN}-01`;
    await ask(
      port,
      "/a?secret=1",
      parent,
      "tracestate: v=1",
      "tracestate: w=2",
    );
    const [first, second] = await collector.spans(2);
    const [own, asking] = first!.kind === 2
      ? [first!, second!]
      : [second!, first!];
    assertEquals([own.traceId, own.parentSpanId], [TRACE, SPAN]);
    assertEquals([asking.traceId, asking.parentSpanId], [TRACE, own.spanId]);
    assertEquals(
      [own.kind, asking.kind],
      [2, 3],
      "server and client, as OTLP has it",
    );
    assertEquals(own.name, "GET */");
    const attributes = attributesOf(own);
    assertEquals(
      ["url.path", "http.route", "sluice.cache"].map((key) => attributes[key]),
      ["/a", "*/", "miss"],
    );
    assertEquals(Number(attributes["http.response.status_code"]), 200);
    assert(!JSON.stringify([own, asking]).includes("secret"));
    assert(BigInt(own.startTimeUnixNano) <= BigInt(asking.startTimeUnixNano));
    assert(BigInt(own.endTimeUnixNano) >= BigInt(asking.endTimeUnixNano));
    assertEquals(
      heads[0]!.field("traceparent"),
      `00-${TRACE}-${asking.spanId}-01`,
    );
    assertEquals(heads[0]!.field("tracestate"), "v=1,w=2");

    await ask(port, "/a?secret=1"); // a hit, and no trace to go on with
    const hit = (await collector.spans(3))[2]!;
    assertEquals([hit.parentSpanId ?? "", hit.kind], ["", 2]);
    assertEquals(attributesOf(hit)["sluice.cache"], "hit");
    assert(hit.traceId !== TRACE);

    // What is not to be recorded is not, and what is no header of a trace goes no further.
    await ask(
      port,
      "/b",
      `traceparent: 00-${TRACE}-${SPAN}-00`,
      "tracestate: v=1",
    );
    await ask(port, "/c", parent, parent, "tracestate: v=1");
    const made = (await collector.spans(5)).slice(3);
    assertEquals(
      [heads[1]!.field("traceparent"), heads[1]!.field("tracestate")],
      [`00-${TRACE}-${SPAN}-00`, "v=1"],
    );
    assertMatch(
      heads[2]!.field("traceparent")!,
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
    );
    assertEquals(heads[2]!.field("tracestate"), undefined);
    assert(made.every(({ traceId }) => traceId !== TRACE));
    program.signal("SIGTERM");
    assertEquals((await program.ended()).code, 0);
  });
}

Deno.test("a request that fails is an error of its span, with the code", async () => {
  await using collector = new Collector();
  const program = Program.among(
    collector.variables,
    ...["--listen", "127.0.0.1:0", "--upstream", refusingUrl()],
  );
  const port = await program.port();
  assertEquals((await ask(port, "/")).status, 502);
  const spans = await collector.spans(2);
  for (const span of spans) {
    assertEquals(span.status?.code, 2);
    assertEquals(attributesOf(span)["error.type"], "origin_refused");
  }
  program.signal("SIGTERM");
  await program.ended();
});

Deno.test("without the runtime's support, the headers of a trace pass as they come", async () => {
  const heads: Message[] = [];
  await using origin = Origin.answering((request) => {
    heads.push(request);
    return ok("hello");
  });
  const program = new Program(
    ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
  );
  const port = await program.port();
  await ask(port, "/", "traceparent: nonsense", "tracestate: a=1");
  await ask(port, "/");
  assertEquals(heads.map((head) => head.field("traceparent")), [
    "nonsense",
    undefined,
  ]);
  assertEquals(heads[0]!.field("tracestate"), "a=1");
  program.signal("SIGTERM");
  await program.ended();
});
