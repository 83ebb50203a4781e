/** Content codings from outside: what is on the wire can be read back to the same bytes. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { contentOf, decode, read } from "../support/coded.ts";
import { textOf } from "../../lib/http/bytes.ts";

const TYPE = "Content-Type: text/plain";
const FRESH = "Cache-Control: max-age=60";

Deno.test("the founding scenario: gzip for who takes it, plain for who does not", async () => {
  const content = contentOf(5000);
  await using origin = Origin.answering(() => ok(content, TYPE));
  await using proxy = await Proxy.start(origin);
  const encoded = await exchange(proxy, get("/", "Accept-Encoding: gzip"));
  assertEquals(encoded.field("content-encoding"), "gzip");
  assert(encoded.content.length < content.length / 3);
  assertEquals(await read(encoded), content);
  const plain = await exchange(proxy, get("/"));
  assertEquals([plain.field("content-encoding"), plain.content], [
    undefined,
    content,
  ]);
  for (const answer of [encoded, plain]) {
    assertEquals(answer.field("vary"), "Accept-Encoding");
  }
});

Deno.test("curl and gzip read it back", async () => {
  const content = contentOf(20_000);
  await using origin = Origin.answering(() => ok(content, TYPE));
  await using proxy = await Proxy.start(origin);
  const run = async (command: string): Promise<string | undefined> => {
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", command],
      stderr: "null",
    }).output();
    return code === 127 ? undefined : textOf(stdout, 0, stdout.length);
  };
  const answers = [
    await run(`curl -s -k --compressed ${proxy.url}/`),
    await run(`curl -s -k -H 'Accept-Encoding: gzip' ${proxy.url}/ | gzip -dc`),
  ];
  for (const answer of answers) {
    if (answer !== undefined) assertEquals(answer, content); // undefined: this machine has no curl
  }
});

Deno.test("every size, framing and version, with the cache and without", async () => {
  const sizes = [0, 1, 1023, 1024, 1025, 5000, 70_000, 300_000];
  await using origin = Origin.answering(({ startLine }) => {
    const [, framing, size] = /\/(\w+)\/(\d+)/.exec(startLine)!;
    const content = contentOf(Number(size));
    if (framing === "length") return ok(content, TYPE, FRESH);
    const chunks = (content.match(/[^]{1,9000}/g) ?? []).map((run) =>
      `${run.length.toString(16)}\r\n${run}\r\n`
    );
    return `HTTP/1.1 200 OK\r\n${TYPE}\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n${
      chunks.join("")
    }0\r\n\r\n`;
  });
  for (const flags of [["--no-cache"], []]) {
    await using proxy = await Proxy.start(origin, ...flags);
    for (const framing of ["length", "chunked"]) {
      for (const size of sizes) {
        for (const coding of ["gzip", "br"]) {
          for (const version of ["1.0", "1.1"]) {
            const answer = await exchange(
              proxy,
              `GET /${framing}/${size} HTTP/${version}\r\nHost: h\r\nAccept-Encoding: ${coding}\r\n\r\n`,
            );
            assertEquals(
              await read(answer),
              contentOf(size),
              `${framing} ${size} ${coding} ${version}`,
            );
            if (size >= 1024) {
              assertEquals(answer.field("content-encoding"), coding);
            }
          }
        }
        assertEquals(
          (await exchange(proxy, get(`/${framing}/${size}`))).content,
          contentOf(size),
        );
      }
    }
  }
});

Deno.test("what changes with the coding", async () => {
  await using origin = Origin.answering(({ startLine }) => {
    const answer = ok(
      contentOf(2000),
      TYPE,
      'ETag: "a"',
      "Vary: Cookie",
      "Accept-Ranges: bytes",
      "Content-MD5: x",
      "Digest: y",
      "Repr-Digest: z",
      "X-A: 1",
    );
    return startLine.startsWith("HEAD")
      ? answer.slice(0, answer.indexOf("\r\n\r\n") + 4)
      : answer;
  });
  await using proxy = await Proxy.start(origin, "--cache-status", "off");
  const names = (answer: Message): string[] =>
    answer.fields.filter(([name]) => name !== "Date" && name !== "Via").map((
      line,
    ) => line.join(": "));
  const encoded = names(
    await exchange(proxy, get("/", "Accept-Encoding: gzip")),
  );
  assertEquals(encoded.filter((line) => !line.startsWith("Content-Length")), [
    TYPE,
    "X-A: 1",
    "Vary: Cookie, Accept-Encoding",
    "Content-Encoding: gzip",
    'ETag: W/"a"',
  ]);
  const head = names(
    await exchange(
      proxy,
      "HEAD / HTTP/1.1\r\nHost: sluice.test\r\nAccept-Encoding: gzip\r\n\r\n",
      true,
    ),
  );
  assertEquals(
    head.filter((line) => !line.startsWith("Content-Length")),
    encoded.filter((line) => !line.startsWith("Content-Length")),
  );
  const plain = names(await exchange(proxy, get("/")));
  assert(
    plain.includes('ETag: "a"') &&
      plain.includes("Vary: Cookie, Accept-Encoding") &&
      plain.includes("Content-MD5: x"),
  );
});

Deno.test("what must stay as it is, stays", async (t) => {
  const content = contentOf(2000);
  const rows: [
    what: string,
    fields: string[],
    request: string[],
    flags: string[],
  ][] = [
    ["an image", ["Content-Type: image/png"], [], []],
    ["what is encoded", [TYPE, "Content-Encoding: foo"], [], []],
    ["no-transform", [TYPE, "Cache-Control: no-transform"], [], []],
    ["small", [TYPE], [], ["--compress-min", "1MiB"]],
    ["off", [TYPE], [], ["--compress", "off"]],
    ["not wished", [TYPE], ["Accept-Encoding: gzip;q=0"], []],
    ["another type", [TYPE], [], ["--compress-types", "text/html"]],
  ];
  for (const [what, fields, request, flags] of rows) {
    await t.step(what, async () => {
      await using origin = Origin.answering(() => ok(content, ...fields));
      await using proxy = await Proxy.start(origin, ...flags);
      const answer = await exchange(
        proxy,
        get(
          "/",
          ...(request.length > 0 ? request : ["Accept-Encoding: gzip, br"]),
        ),
      );
      assertEquals([answer.content, answer.field("content-length")], [
        content,
        "2000",
      ]);
    });
  }
});

Deno.test("each event of a stream leaves at once, encoded", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/", "Accept-Encoding: gzip"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  const head = await client.readHead();
  assertEquals(head.field("content-encoding"), "gzip");
  let encoded = "";
  const readChunk = async (): Promise<number> => {
    const size = parseInt(await client.readThrough("\r\n"), 16);
    encoded += await client.readExactly(size);
    await client.readThrough("\r\n");
    return size;
  };
  for (let i = 0; i < 3; i++) {
    await peer.send(`data: ${i}\n\n`);
    await readChunk(); // before the next event is sent
  }
  peer.close();
  while (await readChunk() > 0);
  assertEquals(
    await decode(encoded, "gzip"),
    "data: 0\n\ndata: 1\n\ndata: 2\n\n",
  );
});

Deno.test("a body that breaks off has no end, encoded or not", async () => {
  for (const fields of [[], [FRESH]]) {
    await using origin = Origin.serving(async (peer) => {
      await peer.readMessage();
      await peer.send(
        [
          "HTTP/1.1 200 OK",
          TYPE,
          ...fields,
          "Content-Length: 100000",
          "",
          contentOf(50_000),
        ].join("\r\n"),
      );
    });
    await using proxy = await Proxy.start(origin);
    using client = await proxy.connect();
    await client.send(get("/", "Accept-Encoding: gzip"));
    await assertRejects(() => client.readMessage(), Error, "Input ended");
  }
});

Deno.test("a client that leaves ends the work", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  const client = await proxy.connect();
  await client.send(get("/", "Accept-Encoding: gzip"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send(`HTTP/1.1 200 OK\r\n${TYPE}\r\n\r\nhello`);
  await client.readHead();
  await clock.advance(150); // later than a half-close would come
  client.close();
  assertEquals(await peer.readToEnd(), "");
});

Deno.test("HEAD without a length shows the coding that GET has", async () => {
  await using origin = Origin.answering(({ startLine }) => {
    const head = `HTTP/1.1 200 OK\r\n${TYPE}\r\n`;
    return startLine.startsWith("HEAD")
      ? `${head}\r\n`
      : `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
  });
  await using proxy = await Proxy.start(origin);
  for (const method of ["GET", "HEAD"]) {
    const answer = await exchange(
      proxy,
      `${method} / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n`,
      method === "HEAD",
    );
    assertEquals(
      [answer.field("content-encoding"), answer.field("vary")],
      ["gzip", "Accept-Encoding"],
    );
  }
});

Deno.test("an encoded response in place of 100 ends the connection (RFC 9110 §10.1.1)", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readHead();
    await peer.send(ok(contentOf(5000), TYPE)); // without waiting for the content
    await peer.readToEnd();
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(
    "PUT / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n" +
      "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
  );
  const answer = await client.readMessage();
  assertEquals(
    [answer.field("content-encoding"), answer.field("connection")],
    ["gzip", "close"],
  );
});
