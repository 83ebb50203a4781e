/** Variables of the environment, files that are included, and hostile files. */

import { assert, assertEquals } from "../../support/assert.ts";
import { linesOf, loadText, resolvedFrom } from "../../support/memory_disk.ts";
import { tries } from "../../support/tries.ts";
import { DEPTH_MAX } from "../../../lib/config/file/node.ts";

/** The body that a host responds with, which is this text. */
async function substituted(
  text: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const hosts = { a: { respond: { body: text } } };
  const { config, problems } = await loadText({ hosts }, {}, variables);
  if (config === undefined) return problems[0]!.message;
  const { handler } = config.hosts[0]!.routes[0]!;
  return handler.kind === "respond" ? handler.body : undefined;
}

Deno.test("variables of the environment", async (t) => {
  const rows: [text: string, expected: string][] = [
    ["a ${NAME} b", "a value b"],
    ["${NAME}${NAME}", "valuevalue"],
    ["${NAME:-other}", "value"],
    ["${NONE:-other}", "other"],
    ["${NONE:-}", ""],
    ["${EMPTY}", ""],
    ["${EMPTY:-other}", ""],
    ["$${{NAME}}", "${{NAME}}"],
    ["$NAME $", "$NAME $"],
    ["${DOLLAR}", "${{NAME}}"], // what comes out is not looked at again
    ["${NONE}", "the environment variable NONE is not set"],
    ["${FORBIDDEN}", "FORBIDDEN may not be read"],
    [
      "${}",
      "${ is followed by a name and }, as in ${NAME} or ${NAME:-default}; a literal one is written $${",
    ],
    [
      "${NAME",
      "${ is followed by a name and }, as in ${NAME} or ${NAME:-default}; a literal one is written $${",
    ],
  ];
  const variables = { NAME: "value", EMPTY: "", DOLLAR: "${{NAME}}" };
  for (const [text, expected] of rows) {
    await t.step(text, async () => {
      assertEquals(await substituted(text, variables), expected);
    });
  }
});

Deno.test("variables stand in every text, but in no name and no number", async () => {
  const config = {
    listen: "${ADDRESS}",
    hosts: { "${NAME}": { respond: 200 } },
  };
  assertEquals(await linesOf(config, {}, { ADDRESS: ":80", NAME: "a" }), [
    'sluice.json:1:33: hosts["${NAME}"]: "${NAME}" is not a host: write a name, *.name or *',
  ]);
});

Deno.test("included files add hosts and upstreams, with paths of their own", async () => {
  const files = {
    "sites/a.json":
      '{ "hosts": { "a": { "files": "www", "errors": { "404": "404.html" } } } }',
    "sites/b.json":
      '{ "$schema": "x", "hosts": { "b": { "proxy": "ours" } }, "upstreams": { "theirs": { "servers": "unix:run/b" } } }',
  };
  const config = await resolvedFrom({
    include: "sites/*.json",
    body: "1MiB",
    upstreams: { ours: { servers: "http://o" } },
    hosts: { c: { proxy: "theirs" } },
  }, files);
  assertEquals(config.files, ["sluice.json", "sites/a.json", "sites/b.json"]);
  assertEquals(config.hosts.map(({ key }) => key), ["c", "a", "b"]);
  assertEquals([...config.upstreams.keys()], ["ours", "theirs"]);
  const [route] = config.hosts[1]!.routes;
  assertEquals(
    route!.handler.kind === "files" && route!.handler.root,
    "sites/www",
  );
  assertEquals(route!.options.errors.pages, { 404: "sites/404.html" });
  assertEquals(route!.options.bodyBytesMax, 2 ** 20);
  const { socket } = config.upstreams.get("theirs")!.servers[0]!.address;
  assertEquals(socket, { transport: "unix", path: "sites/run/b" });
});

Deno.test("what is wrong with included files", async () => {
  const files = {
    "s/a.json":
      '{ "hosts": { "a": { "respond": 200 },\n "x": { "respond": 200 } } }',
    "s/b.json":
      '{ "hosts": { "x": { "rspond": 200 } }, "listen": ":80", "host": {} }',
    "s/c.json": "[",
    "s/d.json": "[]",
  };
  const config = {
    include: ["s/*.json", "none.json", "s/a.json"],
    hosts: { a: { respond: 200 } },
  };
  assertEquals(await linesOf(config, files), [
    "s/a.json:1:14: hosts.a: is in sluice.json:1:57 too",
    "s/b.json:1:14: hosts.x: is in s/a.json:2:2 too",
    "s/b.json:1:40: listen: an included file has hosts and upstreams only",
    "s/b.json:1:57: host: an included file has hosts and upstreams only; did you mean hosts?",
    "s/c.json:1:2: expected ]",
    "s/d.json:1:1: expected an object with hosts or upstreams",
    'sluice.json:1:24: include[1]: there is no file "none.json"',
  ]);
});

Deno.test("nesting is bounded, in lists and objects, before anything is built", async () => {
  const deep = (open: string, close: string): string =>
    open.repeat(DEPTH_MAX + 1) + close.repeat(DEPTH_MAX + 1);
  for (
    const text of [deep("[", "]"), "[".repeat(1_000_000), deep('{"a":', "")]
  ) {
    const [line] = await linesOf(text);
    assert(
      line!.endsWith(`values are nested more than ${DEPTH_MAX} deep`),
      line,
    );
  }
});

Deno.test("long texts make short lines", async () => {
  const long = "x".repeat(1_000_000);
  const lines = await linesOf({
    [long]: 1,
    listen: long,
    workers: [long],
    hosts: {
      [long]: { respond: long },
      a: { [`/${long}`]: { respond: { body: `{${long}}` } } },
    },
  });
  assert(lines.length >= 5);
  for (const line of lines) assert(line.length < 700, line.slice(0, 100));
});

Deno.test("names that objects inherit are names like others, but for one", async () => {
  const names = ["constructor", "toString", "hasownproperty", "valueof"];
  const config = await resolvedFrom({
    upstreams: {
      constructor: { servers: "http://a" },
      toString: { servers: "http://b" },
    },
    hosts: Object.fromEntries(names.map((name) => [name, {
      proxy: "constructor",
      headers: { [name]: "x", "x-z": null },
      errors: { 404: "x" },
    }])),
  });
  assertEquals(
    config.hosts.map(({ names }) => names[0]),
    names.map((name) => name.toLowerCase()),
  );
  const [first] = config.hosts[0]!.routes;
  assertEquals(first!.options.headers.map(({ name }) => name), [
    "constructor",
    "x-z",
  ]);
  assertEquals(
    await linesOf(
      '{ "hosts": { "__proto__": { "respond": 200 }, "a": { "constructor": 1, "toString": 1, "respond": 200, "headers": { "__proto__": "x" } } } }',
    ),
    [
      "sluice.json:1:14: hosts.__proto__: cannot be a name",
      ...["constructor", "toString"].map((name, at) =>
        `sluice.json:1:${
          54 + 18 * at
        }: hosts.a.${name}: unknown; known here: paths like /, when, proxy, files, redirect, respond, rewrite, host, index, fallback, browse, precompressed, dotfiles, types, cache, headers, requestHeaders, security, cors, serverTiming, compress, body, timeout, limit, allow, deny, auth, satisfy, errors, forwarded, maintenance, tls`
      ),
      "sluice.json:1:116: hosts.a.headers.__proto__: cannot be a name",
    ],
  );
  assertEquals(
    (await linesOf({ hosts: { a: { proxy: "valueOf" } } }))[0],
    'sluice.json:1:24: hosts.a.proxy: there is no upstream "valueOf"; the URL of a server begins with http:// or https://',
  );
});

Deno.test("control characters of a file do not reach the terminal", async () => {
  const [line] = await linesOf({
    hosts: { "a\u001b[31m\u202e": { respond: 200 } },
  });
  // deno-lint-ignore no-control-regex -- it is what must not be there
  assert(!/[\x00-\x1f\u202e]/.test(line!), line);
});

const HOSTS = tries(200, 1000);
const MANY = HOSTS * 20;

Deno.test(`a file of ${MANY} routes, and of ${MANY} mistakes`, async () => {
  const hosts = Object.fromEntries(
    Array.from({ length: HOSTS }, (_, host) => [
      `h${host}.example`,
      Object.fromEntries(
        Array.from(
          { length: 20 },
          (_, at) => [`/p${at}/*`, { proxy: "http://a", cache: "1m" }],
        ),
      ),
    ]),
  );
  const config = await resolvedFrom({ hosts });
  assertEquals(config.hosts.length, HOSTS);
  assertEquals(config.hosts.at(-1)!.routes.length, 20);
  assertEquals(config.upstreams.size, 1);
  assertEquals(structuredClone(config).hosts[7]!.routes[3]!.pattern, "/p3/*");
  const bad = JSON.stringify({ hosts }).replaceAll('"1m"', '"1x"');
  assertEquals((await linesOf(bad)).length, MANY);
});
