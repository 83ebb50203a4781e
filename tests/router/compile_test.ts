/** What cannot be configured, and what is in vain. */

import {
  compileRouter,
  type HostSpec,
  RouterError,
} from "../../lib/router/compile.ts";
import { unreachable } from "../../lib/router/unreachable.ts";
import type { When } from "../../lib/router/when.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

type Route = string | readonly [pattern: string, when: When];

function specOf(names: string, ...routes: readonly Route[]): HostSpec<number> {
  return {
    names: names.split(", "),
    routes: routes.map((route, value) =>
      typeof route === "string"
        ? { pattern: route, value }
        : { pattern: route[0], when: route[1], value }
    ),
  };
}

/** `host/route: message` of each fault. */
function faultsOf(...hosts: readonly HostSpec<number>[]): string[] {
  const error = assertThrows(() => compileRouter(hosts));
  assert(error instanceof RouterError);
  return error.faults.map(({ host, route, message }) =>
    `${host}/${route}: ${message}`
  );
}

const FAULTS: readonly {
  readonly hosts: readonly HostSpec<number>[];
  readonly faults: readonly string[];
}[] = [
  {
    hosts: [specOf("a.example", "/"), specOf("b.example, A.example.", "/")],
    faults: ['1/-1: The hosts "a.example" and "A.example." are the same'],
  },
  {
    hosts: [specOf("a.example", "/"), { names: [], routes: [] }],
    faults: ["1/-1: A host without a name"],
  },
  {
    hosts: [specOf("*", "/"), specOf("*", "/")],
    faults: ['1/-1: The host "*" is given twice'],
  },
  {
    hosts: [specOf("xn--bcher-kva.example, b\u00fccher.example", "/")],
    faults: [
      '0/-1: The hosts "xn--bcher-kva.example" and "b\u00fccher.example" are the same',
    ],
  },
  ...([
    ["a.example:80", "ports do not count; leave it out"],
    ["[::1]:80", "ports do not count; leave it out"],
    ["http://a.example", "a host is a name without a scheme"],
    ["a.example/x", "a host is a name without a path"],
    ["a.*.example", '"*" stands alone, or first: "*.name"'],
    ["*a.example", '"*" stands alone, or first: "*.name"'],
    ["*.*.example", '"*" stands alone, or first: "*.name"'],
    ["", "it is empty"],
    [
      "a..example",
      'expected "name", "*.name", "*" or an IP address (IPv6 in brackets)',
    ],
    [
      "a b",
      'expected "name", "*.name", "*" or an IP address (IPv6 in brackets)',
    ],
    [
      "[::1",
      'expected "name", "*.name", "*" or an IP address (IPv6 in brackets)',
    ],
    [
      "[::zz]",
      'expected "name", "*.name", "*" or an IP address (IPv6 in brackets)',
    ],
    ["*.127.0.0.1", "an address has no names below it"],
    [
      `${"a".repeat(64)}.example`,
      'expected "name", "*.name", "*" or an IP address (IPv6 in brackets)',
    ],
  ] as const).map(([name, why]) => ({
    hosts: [specOf(name, "/")],
    faults: [`0/-1: Cannot read the host "${name}": ${why}`],
  })),
  ...([
    ["a", 'a path begins with "/"'],
    ["/a/**", '"**" means nothing; "/a/*" is everything below /a'],
    ["/a?b", "a path has no query and no fragment; see when.query"],
    ["/a b", "spaces, controls and \\ are written %XX"],
    ["/a\\b", "spaces, controls and \\ are written %XX"],
    ["/100%", "% without two digits; write %25"],
    ["/a/../b", 'no request has "." or ".." as a segment when it is compared'],
    ["/a/%2E", 'no request has "." or ".." as a segment when it is compared'],
    ["/%40a", "write @ in place of %40"],
    ["/%2a", "there is no way to match a literal *"],
    ["/%00", "a path with %00 is always refused"],
  ] as const).map(([pattern, why]) => ({
    hosts: [specOf("*", "/", pattern)],
    faults: [`0/1: Cannot use the path "${pattern}": ${why}`],
  })),
  {
    hosts: [specOf("*", "/", "/*", "/a", "/%61")],
    faults: [
      '0/1: The paths "/" and "/*" are the same',
      '0/3: The paths "/a" and "/%61" are the same',
    ],
  },
  {
    hosts: [specOf("*", "/*/ab", "/*a/b", "/*/x", "/*/y", "/*.php")],
    faults: [],
  },
  {
    hosts: [specOf("*", "/*/a*", "/*/*a")],
    faults: [
      '0/1: The paths "/*/a*" and "/*/*a" are equally specific, and both match "/b/aa"',
    ],
  },
  {
    hosts: [specOf("*", ["/", { client: ["10.0.0.0/33"] }])],
    faults: [
      '0/0: Cannot read "10.0.0.0/33": expected an IP address or a block like 10.0.0.0/8',
    ],
  },
  {
    hosts: [
      specOf(
        "*",
        ["/", { method: [] }],
        ["/", { header: { "a b": true } }],
        ["/", { cookie: { "": true } }],
      ),
    ],
    faults: [
      "0/0: when.method: an empty list",
      '0/1: when.header: no name: "a b"',
      '0/2: when.cookie: no name: ""',
    ],
  },
];

for (const { hosts, faults } of FAULTS) {
  const names = hosts.flatMap(({ names, routes }) => [
    ...names,
    ...routes.map(({ pattern }) => pattern),
  ]);
  Deno.test(`hosts and paths: ${names.join(" ").slice(0, 60)}`, () => {
    if (faults.length === 0) compileRouter(hosts);
    else assertEquals(faultsOf(...hosts), faults);
  });
}

Deno.test("patterns that would need too many states are refused", () => {
  const patterns = Array.from("abcdefghijklmnopqrst", (a) => `/*${a}*${a}`);
  assertEquals(faultsOf(specOf("*", ...patterns)), [
    '0/-1: too many paths with more than one "*" in a segment',
  ]);
});

const UNREACHABLE: readonly {
  readonly routes: readonly Route[];
  readonly found: readonly number[];
}[] = [
  { routes: ["/", "/a", "/a/*", "/*.php"], found: [] },
  { routes: ["/a", ["/a", { method: "GET" }], "/a"], found: [1, 2] },
  { routes: [["/a", { method: "GET" }], "/a"], found: [] },
  {
    routes: [
      ["/a", { method: ["GET", "P*"] }],
      ["/a", { method: "POST", cookie: { a: "1" } }],
      ["/a", { method: "DELETE" }],
    ],
    found: [1],
  },
  {
    routes: [
      ["/a", { header: { "X-A": true } }],
      ["/a", { header: { "x-a": "1*" } }],
      ["/a", { query: { "x-a": "1*" } }],
    ],
    found: [1],
  },
  {
    routes: [
      ["/a", { header: { "X-A": "1" } }],
      ["/a", { header: { "x-a": true } }],
      ["/a", { header: { "x-a": ["1", "2"] } }],
    ],
    found: [2],
  },
  {
    routes: [
      ["/a", { client: ["10.0.0.0/8", "2001:db8::/32"] }],
      ["/a", { client: ["10.1.0.0/16", "2001:db8:1::/48"] }],
      ["/a", { client: ["10.0.0.0/7"] }],
    ],
    found: [1],
  },
  {
    routes: [
      ["/a", { client: ["10.0.0.0/8"] }],
      ["/a", { client: ["10.0.0.0/8"], method: "GET" }],
      ["/a", { client: ["11.0.0.0/8"] }],
      ["/a", { client: ["::a00:0/104"] }],
    ],
    found: [1],
  },
  { routes: [["/a", {}], "/a"], found: [1] },
];

for (const { routes, found } of UNREACHABLE) {
  Deno.test(`in vain of ${JSON.stringify(routes)}: ${found}`, () => {
    const list = unreachable(compileRouter([specOf("*", ...routes)]));
    assertEquals(list.map(({ index }) => index), found);
  });
}

Deno.test("a route in vain is named with the reason", () => {
  const spec = specOf("a, b", ["/x", { method: "GET" }], [
    "/x",
    { method: "GET", query: { y: true } },
  ]);
  assertEquals(unreachable(compileRouter([spec])), [{
    names: ["a", "b"],
    pattern: "/x",
    index: 1,
    why: "a route before it takes every request with method GET",
  }]);
});
