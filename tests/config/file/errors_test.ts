/** What is said of a file that is wrong: the lines, to the letter. */

import { assert, assertEquals } from "../../support/assert.ts";
import { linesOf, loadText, MemoryDisk } from "../../support/memory_disk.ts";
import { formatProblem } from "../../../lib/config/file/place.ts";
import { loadConfig } from "../../../lib/config/load.ts";

Deno.test("every error of a file at once, with its place and what was probably meant", async () => {
  const text = `{
  // the API
  "listen": "80",
  "hosts": {
    "api.acme.example": {
      "/": { "proxy": "api", "body": "10 megabytes" },
      "/login": { "proxy": "api", "cache": "off",
        "limit": { "rate": "10/m", "rat": 5, "by": "client" } },
      "/old": { "redirect": "/new", "respond": 200 },
      "/empty": { "cache": "1m" }
    },
    "b.example": { "prox": "http://127.0.0.1:1" },
  },
  "upstreams": { "api": { "server": "http://127.0.0.1:1" } }
}`;
  assertEquals(await linesOf(text), [
    'sluice.json:3:13: listen: "80" is not an address: write host:port, [ipv6]:port, :port or unix:/path; did you mean :80?',
    'sluice.json:6:38: hosts["api.acme.example"]["/"].body: "10 megabytes" is not a size: write it like 512, 16KiB, 10MB, 1G, or off; did you mean 10MiB?',
    'sluice.json:8:36: hosts["api.acme.example"]["/login"].limit.rat: unknown; did you mean rate?',
    'sluice.json:9:15: hosts["api.acme.example"]["/old"]: has redirect and respond: a route has exactly one',
    'sluice.json:10:17: hosts["api.acme.example"]["/empty"]: needs one of proxy, files, redirect, respond',
    'sluice.json:12:18: hosts["b.example"]: needs a path like "/", or one of proxy, files, redirect, respond',
    'sluice.json:12:20: hosts["b.example"].prox: unknown; did you mean proxy?',
    "sluice.json:14:25: upstreams.api.servers: is missing: expected servers like http://10.0.0.11:3000, or a list of them",
    "sluice.json:14:27: upstreams.api.server: unknown; did you mean servers?",
  ]);
});

/** What is wrong with a text as JSON, or with its shape. */
const TEXTS: readonly [name: string, text: string, lines: readonly string[]][] =
  [
    ["nothing", " \n", [
      "sluice.json:1:1: the file is empty: expected an object",
    ]],
    ["a list", "[]", [
      "sluice.json:1:1: expected an object with $schema, include, listen, tls, workers, drain, …, not []",
    ]],
    ["no host", "{}", [
      'sluice.json:1:1: hosts: there is no host: write { "hosts": { "*": { "proxy": "http://127.0.0.1:3000" } } }',
    ]],
    ["hosts of none", '{ "hosts": {} }', [
      'sluice.json:1:12: hosts: there is no host: write { "hosts": { "*": { "proxy": "http://127.0.0.1:3000" } } }',
    ]],
    ["a comma that is missing", '{\n  "a": 1\n  "b": 2 }', [
      "sluice.json:3:3: expected a comma",
    ]],
    ["an end that is missing", '{ "hosts": {', [
      "sluice.json:1:13: expected }",
    ]],
    ["single quotes", "{ 'a': 1 }", [
      "sluice.json:1:3: this is not JSON: put text and names in double quotes",
      "sluice.json:1:6: expected the name of a member in double quotes",
      "sluice.json:1:10: expected a value",
    ]],
    ["more after the end", "{} {}", [
      "sluice.json:1:4: expected the end of the file",
    ]],
    ["a text over two lines", '{ "a": "b\n" }', [
      "sluice.json:1:8: the text does not end in its line",
      "sluice.json:2:1: the text does not end in its line",
      "sluice.json:2:1: expected a comma",
      "sluice.json:2:4: expected a colon",
      "sluice.json:2:4: expected }",
    ]],
    ["a comment without end", '{ /* "a": 1 }', [
      "sluice.json:1:3: the comment does not end",
      "sluice.json:1:14: expected }",
    ]],
    [
      "names that stand twice",
      '{ "hosts": {\n "*": { "respond": 200 },\n "*": { "respond": 201, "respond": 202 } } }',
      [
        'sluice.json:3:2: hosts["*"]: is given twice, first on line 2',
        'sluice.json:3:25: hosts["*"].respond: is given twice, first on line 3',
      ],
    ],
    [
      "lines that end with CR LF, and a BOM",
      '\ufeff{\r\n  "x": 1, "hosts": {"*": {"respond": 200}} }',
      [
        "sluice.json:2:3: x: unknown; known here: $schema, include, listen, tls, workers, drain, trustedProxies, clientAddress, forwarded, limits, log, admin, maintenance, cache, headers, requestHeaders, security, cors, serverTiming, compress, body, timeout, limit, allow, deny, auth, satisfy, errors, upstreams, hosts",
      ],
    ],
    [
      "characters beyond ASCII before the place",
      '{ "hosts": { "müller.example": { "rspond": 1, "respond": 200 } } }',
      [
        'sluice.json:1:34: hosts["müller.example"].rspond: unknown; did you mean respond?',
      ],
    ],
    [
      "words of other servers",
      '{ "hosts": { "a": { "/": { "proxy_pass": "http://a", "respond": 200, "gzip": true } } } }',
      [
        'sluice.json:1:28: hosts.a["/"].proxy_pass: unknown; did you mean proxy?',
        'sluice.json:1:70: hosts.a["/"].gzip: unknown; did you mean compress?',
      ],
    ],
  ];

for (const [name, text, lines] of TEXTS) {
  Deno.test(`a file with ${name}`, async () => {
    assertEquals(await linesOf(text), lines);
  });
}

/** Hosts, routes and what stands together. */
const TOGETHER: readonly [config: unknown, lines: readonly string[]][] = [
  [{
    hosts: { "a.example": { respond: 200 }, "b, A.example.": { respond: 200 } },
  }, [
    'sluice.json:1:39: hosts["b, A.example."]: "a.example" is in "a.example" too',
  ]],
  [{ hosts: { "a, a": { respond: 200 } } }, [
    'sluice.json:1:11: hosts["a, a"]: "a" is given twice in "a, a"',
  ]],
  [{ hosts: { "http://a/": { respond: 200 } } }, [
    'sluice.json:1:11: hosts["http://a/"]: "http://a/" is not a host: write a name, *.name or *; did you mean a?',
  ]],
  [{ hosts: { "a.*": { respond: 200 } } }, [
    'sluice.json:1:11: hosts["a.*"]: "a.*" is not a host: write a name, *.name or *',
  ]],
  [{ hosts: { a: { respond: 200, "/": { respond: 200 } } } }, [
    'sluice.json:1:16: hosts.a.respond: cannot be set beside paths; write it at "/"',
  ]],
  [{
    hosts: {
      a: {
        "/a?b": { respond: 200 },
        "/c/**": { respond: 200 },
        "/d e": { respond: 200 },
        "/..": { respond: 200 },
      },
    },
  }, [
    'sluice.json:1:16: hosts.a["/a?b"]: "/a?b" is not the pattern of a path: it has no query; use when.query; did you mean /a?',
    'sluice.json:1:39: hosts.a["/c/**"]: "/c/**" is not the pattern of a path: /* at the end is everything below; did you mean /c/*?',
    'sluice.json:1:63: hosts.a["/d e"]: "/d e" is not the pattern of a path: spaces, controls and \\ are written as %XX',
    'sluice.json:1:86: hosts.a["/.."]: "/.." is not the pattern of a path: no path has "." or ".." between slashes when it is compared',
  ]],
  [{ hosts: { a: { "/": [] } } }, [
    'sluice.json:1:20: hosts.a["/"]: is empty: expected routes',
  ]],
  [{
    hosts: { a: { "/": { proxy: "b" } } },
    upstreams: { bb: { servers: "http://b" } },
  }, [
    'sluice.json:1:29: hosts.a["/"].proxy: there is no upstream "b"; did you mean bb?',
  ]],
  [{ hosts: { a: { "/": { proxy: "b", cahce: "1m" } } } }, [
    'sluice.json:1:29: hosts.a["/"].proxy: there is no upstream "b"; the URL of a server begins with http:// or https://',
    'sluice.json:1:33: hosts.a["/"].cahce: unknown; did you mean cache?',
  ]],
  [{ hosts: { a: { "/*a*": { proxy: "b" }, "/*b*": { respond: 200 } } } }, [
    'sluice.json:1:32: hosts.a["/*a*"].proxy: there is no upstream "b"; the URL of a server begins with http:// or https://',
    'sluice.json:1:37: hosts.a["/*b*"]: The paths "/*a*" and "/*b*" are equally specific, and both match "/cabc"',
  ]],
  [{ hosts: { a: { proxy: "backend" } } }, [
    'sluice.json:1:24: hosts.a.proxy: there is no upstream "backend"; the URL of a server begins with http:// or https://',
  ]],
  [{ hosts: { a: { files: { root: "." }, index: "a" } } }, [
    "sluice.json:1:37: hosts.a.index: belongs in files, which is an object here",
  ]],
  [{
    hosts: {
      a: { "/": { respond: 200, host: "b", rewrite: { strip: "/a" } } },
    },
  }, [
    'sluice.json:1:35: hosts.a["/"].host: is only for proxy',
    'sluice.json:1:46: hosts.a["/"].rewrite: is only for proxy and files',
  ]],
  ...[
    [
      "$1",
      '"$1": a target begins with "/" and has no fragment, spaces or controls',
    ],
    [
      "/a#b",
      '"/a#b": a target begins with "/" and has no fragment, spaces or controls',
    ],
    ["/$2", '"/$2": there is no group $2; write $$ for $'],
  ].map(([to, why]): [unknown, string[]] => [
    { hosts: { a: { proxy: "b:1", rewrite: { match: "^/(.*)$", to } } } },
    [`sluice.json:1:64: hosts.a.rewrite.to: Cannot rewrite to ${why}`],
  ]),
  [{
    hosts: {
      a: { headers: { "X-A": "1", "x-a": "2", "+B": null }, respond: 200 },
    },
  }, [
    'sluice.json:1:37: hosts.a.headers["x-a"]: is the same header as X-A',
    'sluice.json:1:47: hosts.a.headers["+B"]: null removes a header; it is written without +',
  ]],
  [
    {
      hosts: { a: { headers: { "X-A": "1\r\nSet-Cookie: a" }, respond: 200 } },
    },
    [
      'sluice.json:1:33: hosts.a.headers["X-A"]: "1\\r\\nSet-Cookie: a" has characters that a header cannot have',
    ],
  ],
  [{ hosts: { a: { respond: { status: 204, body: "x" } } } }, [
    "sluice.json:1:47: hosts.a.respond.body: a 204 response has no body",
  ]],
  [{ listen: [":80", "0.0.0.0:80"], hosts: { a: { respond: 200 } } }, [
    'sluice.json:1:11: listen: "0.0.0.0:80" is given twice',
  ]],
  [{ listen: { https: ":443" }, hosts: { a: { respond: 200 } } }, [
    'sluice.json:1:20: listen.https: needs certificates: write tls.certificates, tls.acme, or "tls": "internal" for development',
  ]],
  [{
    cache: { memory: "1MiB", maxObject: "2MiB" },
    hosts: { a: { respond: 200 } },
  }, [
    "sluice.json:1:39: cache.maxObject: 2MiB is more than memory, which is 1MiB",
  ]],
  [{ admin: { listen: ":2020" }, hosts: { a: { respond: 200 } } }, [
    "sluice.json:1:2: admin: needs a token, because it listens on more than this machine's own address",
  ]],
  [{
    listen: "127.0.0.1:80",
    admin: { listen: "127.0.0.1:80", token: "" },
    hosts: { a: { respond: 200 } },
  }, [
    'sluice.json:1:44: admin.listen: "127.0.0.1:80" is where clients are accepted',
    "sluice.json:1:67: admin.token: is not a token: write visible ASCII without spaces, 4096 characters at most",
  ]],
  [{
    admin: { listen: "unix:/a", hosts: ["a.example", "*.b", "c:80", ""] },
    hosts: { a: { respond: 200 } },
  }, [
    'sluice.json:1:51: admin.hosts[1]: "*.b" is not one host: write a name without *',
    'sluice.json:1:57: admin.hosts[2]: "c:80" is not a host: write a name, *.name or *; ports do not count; did you mean c?',
    'sluice.json:1:64: admin.hosts[3]: "" is not a host: write a name, *.name or *',
  ]],
  [{ tls: { acme: true }, hosts: { "*.a.example": { respond: 200 } } }, [
    'sluice.json:1:31: hosts["*.a.example"]: ACME has no certificates for wildcards without DNS, which sluice does not write: give this host tls.certificates',
  ]],
  [{
    hosts: {
      a: {
        respond: 200,
        auth: { forward: "http://b", copy: "Content-Length" },
      },
      b: {
        respond: 200,
        auth: { jwt: { jwks: "http://b", forward: { Connection: "sub" } } },
      },
    },
  }, [
    "sluice.json:1:66: hosts.a.auth.copy: sluice writes content-length itself",
    "sluice.json:1:148: hosts.b.auth.jwt.forward.Connection: sluice writes connection itself",
  ]],
  [{
    hosts: {
      a: {
        respond: 200,
        auth: { basic: "f", forward: "http://b", pass: true },
        cors: { origins: "*", credentials: true },
      },
    },
  }, [
    "sluice.json:1:37: hosts.a.auth: has basic and forward: only one can be",
    'sluice.json:1:102: hosts.a.cors.origins: "*" cannot be used with credentials: name the origins',
  ]],
];

for (const [config, lines] of TOGETHER) {
  Deno.test(`together: ${lines[0]!.slice(12, 70)}`, async () => {
    assertEquals(await linesOf(config), lines);
  });
}

Deno.test("a place is that of the name, or of the value", async () => {
  for (const [config] of TOGETHER) {
    const text = JSON.stringify(config, undefined, 1);
    for (
      const { path, place: { line, column } } of (await loadText(text)).problems
    ) {
      const rest = text.split("\n")[line! - 1]!.slice(column! - 1);
      const name = path.findLast((part) => typeof part === "string");
      assert(
        rest.startsWith(`"${name}": `) || /^["\d[{tfn]/.test(rest),
        `${path}: ${rest}`,
      );
      const before = text.split("\n")[line! - 1]!.slice(0, column! - 1);
      assert(before.trim() === "" || before.endsWith(`"${name}": `), before);
    }
  }
});

Deno.test("a file that is none of ours, or not there", async () => {
  const lines = async (path: string): Promise<string[]> =>
    (await loadConfig(path, new MemoryDisk({}))).problems.map(formatProblem);
  assertEquals(await lines("sluice.yaml"), [
    "sluice.yaml: is not a configuration: its name ends with .json, .jsonc, .ts or .js",
  ]);
  assertEquals(await lines("a/b.jsonc"), [
    'a/b.jsonc: cannot read "a/b.jsonc": there is no such file',
  ]);
});

Deno.test("a module has values but no places", async () => {
  const disk = new MemoryDisk({
    "c.ts": {
      hosts: { a: { respond: 1, cach: "off" } },
      workers: () => 1,
      drain: NaN,
      log: new Date(0),
    },
  });
  const { problems, config } = await loadConfig("c.ts", disk);
  assertEquals(problems.map(formatProblem), [
    "c.ts: workers: is a function: a configuration is plain data",
    "c.ts: drain: is NaN",
    "c.ts: log: is not plain data: write texts, numbers, true, false, null, lists and objects",
  ]);
  assert(config === undefined);
});

Deno.test("what works is in force as soon as nothing is wrong", async () => {
  const { config, problems, files } = await loadText({
    $schema: "x",
    hosts: { "*": { respond: 200 } },
  });
  assert(config !== undefined);
  assertEquals(problems, []);
  assertEquals(files, ["sluice.json"]);
});
