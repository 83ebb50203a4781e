/** Random requests: a proxy that stores answers each as one that does not. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, Proxy } from "../support/proxy.ts";
import { random } from "../support/random.ts";
import { rows, tries } from "../support/tries.ts";

const SEED = 19;
const REQUESTS = tries(300, 600);

/** What responses vary on, by their targets. */
const VARIES = [
  "Accept-Language",
  "X-A",
  "Cookie",
  "Via",
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Real-IP",
  "Client-IP, X-A",
  "TE, Connection",
  "User-Agent, Max-Forwards",
  "X-Forwarded-Prefix, Host",
  "Forwarded",
  "Accept-Language, Cookie",
  "X-Forwarded-Host, X-A",
  "Expect, Keep-Alive, Content-Length",
];
const NAMES = [
  ...new Set(VARIES.join(", ").split(", ")),
  "Connection",
  "x-a",
  "COOKIE",
].filter((name) => !/^(?:host|expect|content-length)$/i.test(name));
const VALUES = [
  "a",
  "b",
  "a, b",
  "a;b=1",
  '"a, b"',
  "trailers",
  "x-a",
  "keep-alive, cookie",
  "accept-language, te, via",
  "x-forwarded-prefix",
  "1",
];
const HOSTS = ["h", "H", "h:80"];

const FLAGS: readonly (readonly string[])[] = [
  [],
  ["--trust-proxy", "127.0.0.1"],
  ["--forwarded", "--request-header", "+X-A: z", "--request-header", "-Cookie"],
  [
    ...["--trust-proxy", "127.0.0.1"],
    ...["--request-header", "X-Forwarded-Prefix: q"],
    ...["--cache-key", "cookie:a", "--cache-key", "header:Via"],
  ],
  ["--host-header", "inner.test"],
];

for (const flags of rows(FLAGS, FLAGS[0]!, FLAGS[3]!)) {
  Deno.test(`a proxy that stores answers as one that does not: ${flags.join(" ")}`, async () => {
    let asked = 0;
    await using origin = Origin.answering((request) => {
      asked++;
      const vary = VARIES[Number(request.startLine.split(" ")[1]!.slice(1))]!;
      const names = `${vary}, X-Forwarded-Prefix, Host, X-Forwarded-Host`;
      const said = names.split(", ").map((name) =>
        `${name}=${request.field(name)}`
      );
      return ok(said.join("|"), "Cache-Control: max-age=60", `Vary: ${vary}`);
    });
    await using storing = await Proxy.start(origin, ...flags);
    await using plain = await Proxy.start(origin, "--no-cache", ...flags);
    const chance = random(SEED);
    const oneOf = <Item>(items: readonly Item[]): Item =>
      items[Math.floor(chance() * items.length)]!;
    for (let i = 0; i < REQUESTS; i++) {
      const target = Math.floor(chance() * VARIES.length);
      const lines = Array.from(
        { length: Math.floor(chance() * 4) },
        () => `${oneOf(NAMES)}: ${oneOf(VALUES)}\r\n`,
      );
      const version = `HTTP/1.${oneOf([0, 1, 1, 1])}`;
      const request = `GET /${target} ${version}\r\nHost: ${oneOf(HOSTS)}\r\n${
        lines.join("")
      }\r\n`;
      const answers = [];
      for (const proxy of [storing, plain]) {
        const { status, content } = await exchange(proxy, request);
        answers.push([status, content]);
      }
      assertEquals(answers[0], answers[1], JSON.stringify(request));
    }
    // Each went to the origin once without a cache; with one, few did.
    assertEquals(asked < REQUESTS * 1.7, true, `${asked}`);
  });
}
