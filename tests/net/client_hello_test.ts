/** A client's hello: real ones, split at every byte and over records, and what is none. */

import { readClientHello } from "../../lib/net/client_hello.ts";
import { createClientContext, TlsEngine } from "../../lib/net/tls_engine.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** What the runtime's own TLS begins with. */
function helloFor(serverName: string): Uint8Array {
  const context = createClientContext({
    authorities: [],
    cert: undefined,
    key: undefined,
    insecure: true,
  });
  const engine = TlsEngine.forClient(context, serverName, () => {});
  const hello = engine.takeEncrypted().slice();
  engine.close();
  return hello;
}

const HELLO = helloFor("www.Example.test");
const read = (bytes: Uint8Array): ReturnType<typeof readClientHello> =>
  readClientHello(bytes, 0, bytes.length);

/** The same message in records of `size` bytes. */
function inRecords(hello: Uint8Array, size: number): Uint8Array {
  const message = hello.subarray(5);
  const out: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    out.push(0x16, 3, 1, part.length >> 8, part.length & 0xff, ...part);
  }
  return Uint8Array.from(out);
}

Deno.test("a hello tells its name and which versions it knows", () => {
  assertEquals(read(HELLO), {
    kind: "hello",
    serverName: "www.example.test",
    knowsTls12: true,
    knowsTls13: true,
  });
});

Deno.test("whoever lists no versions knows those up to the one it begins with", () => {
  // Without extensions: version, random number, no session, one cipher, no compression.
  for (
    const [minor, knowsTls12] of [[0, false], [1, false], [2, false], [
      3,
      true,
    ]] as const
  ) {
    const body = [3, minor, ...new Array(32).fill(7), 0, 0, 2, 0, 0x2f, 1, 0];
    const bytes = [0x16, 3, 1, 0, body.length + 4, 1, 0, 0, body.length];
    assertEquals(read(Uint8Array.from([...bytes, ...body])), {
      kind: "hello",
      serverName: "",
      knowsTls12,
      knowsTls13: false,
    });
  }
});

Deno.test("every prefix of a hello is the beginning of one, and tells how much is missing at least", () => {
  for (let end = 0; end < HELLO.length; end++) {
    const hello = readClientHello(HELLO, 0, end);
    assert(hello.kind === "more", `${end} bytes`);
    const most = HELLO.length - end;
    assert(hello.least >= 1 && hello.least <= most, `${end}: ${hello.least}`);
  }
});

Deno.test("a hello in the smallest records, byte by byte, is looked at a few times only", () => {
  const bytes = inRecords(HELLO, 1);
  let looks = 0;
  for (let end = 0;;) {
    const hello = readClientHello(bytes, 0, end);
    looks++;
    if (hello.kind !== "more") {
      assertEquals(hello, read(HELLO));
      break;
    }
    end += hello.least;
  }
  assert(looks < 80, `${looks} times, for ${bytes.length} bytes`);
});

Deno.test("it may stand behind other bytes, and before others", () => {
  const bytes = Uint8Array.of(1, 2, 3, ...HELLO, 0x17, 3, 3);
  assertEquals(readClientHello(bytes, 3, bytes.length).kind, "hello");
});

Deno.test("records may divide it as they like", () => {
  for (const size of [1, 2, 3, 50, HELLO.length - 6]) {
    assertEquals(read(inRecords(HELLO, size)), read(HELLO), `${size}`);
  }
});

Deno.test("an address is no name", () => {
  const hello = read(helloFor("127.0.0.1"));
  assertEquals(hello.kind === "hello" && hello.serverName, "");
});

Deno.test("what is no hello", async (t) => {
  const changed = (at: number, byte: number): Uint8Array => {
    const bytes = HELLO.slice();
    bytes[at] = byte;
    return bytes;
  };
  const rows: readonly [string, Uint8Array, string][] = [
    ["plain HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n"), "plain"],
    ["a PROXY header", new TextEncoder().encode("PROXY TCP4"), "plain"],
    ["another version of records", changed(1, 2), "bad"],
    ["an empty record", Uint8Array.of(0x16, 3, 1, 0, 0), "bad"],
    ["a record beyond its bound", Uint8Array.of(0x16, 3, 1, 0x40, 1), "bad"],
    ["another message", changed(5, 2), "bad"],
    ["a message beyond its bound", changed(6, 1), "bad"],
    ["a session beyond the message", changed(5 + 4 + 34, 255), "bad"],
    [
      "an alert in between",
      Uint8Array.of(...inRecords(HELLO, 9).subarray(0, 14), 0x15, 3, 3, 0, 2),
      "bad",
    ],
  ];
  for (const [name, bytes, kind] of rows) {
    await t.step(name, () => assertEquals(read(bytes).kind, kind));
  }
});

Deno.test("names that no host can have are refused", async (t) => {
  const at = new TextDecoder("latin1").decode(HELLO).toLowerCase()
    .indexOf("www.example.test");
  for (const text of [" ", "/", "\0", ":", "é"]) {
    await t.step(JSON.stringify(text), () => {
      const bytes = HELLO.slice();
      bytes[at] = text.charCodeAt(0);
      assertEquals(read(bytes).kind, "bad");
    });
  }
});

Deno.test("no byte of a hello makes reading it fail otherwise", () => {
  for (let at = 0; at < HELLO.length; at++) {
    for (const byte of [0, 1, 0x7f, 0xff]) {
      const bytes = HELLO.slice();
      bytes[at] = byte;
      read(bytes); // it returns
    }
  }
});
