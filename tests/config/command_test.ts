import {
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { AUTHORITY_PEM } from "../support/certificate.ts";
import { type Command, parseCommand } from "../../lib/config/command.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import type { Config } from "../../lib/config/config.ts";
import type { RouteOptions } from "../../lib/exchange/route.ts";
import { FLAG_NAMES, FLAGS } from "../../lib/config/flags.ts";
import { parseSocketAddress } from "../../lib/net/address.ts";
import { helpText } from "../../lib/config/help.ts";

const FILES: Readonly<Record<string, string>> = {
  "ca.pem": AUTHORITY_PEM,
  "damaged.pem": AUTHORITY_PEM + AUTHORITY_PEM.replace(/AgIU.*/, ""),
  "empty.pem": "",
  "key.pem": AUTHORITY_PEM.replaceAll("CERTIFICATE", "PRIVATE KEY"),
};

function readText(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error("No such file");
  return text;
}

function configOf(...args: readonly string[]): Config {
  const command = parseCommand(args, readText);
  if (command.kind !== "run") throw new Error(command.kind);
  return command.config;
}

/** The options of the one route that flags make. */
function routeOf(...args: readonly string[]): RouteOptions {
  return configOf(...args).hosts[0]!.routes[0]!.options;
}

Deno.test("without flags: the defaults", () => {
  const { listen, log, connectionsMax } = configOf();
  const route = routeOf();
  assertEquals(listen, [{
    transport: "tcp",
    hostname: "127.0.0.1",
    port: 8000,
  }]);
  assertEquals(route.origin.authority, "127.0.0.1:9000");
  assertEquals([log.format, connectionsMax], ["combined", 10_000]);
  assertEquals(route.contentBytesMax, Infinity);
});

Deno.test("flags in each of their forms", () => {
  assertEquals(routeOf("--upstream=http://a:1").origin.authority, "a:1");
  assertEquals(
    routeOf("--upstream", "http://a:1").origin.authority,
    "a:1",
  );
  assertEquals(routeOf("-u", "http://a:1").origin.authority, "a:1");
  assertEquals(configOf("-l", ":1", "--listen", ":2").listen.length, 2);
  assertEquals(
    configOf("--idle-timeout", "1s", "--idle-timeout", "2s").connection.idleMs,
    2000,
  );
  assertEquals(
    routeOf("--response-header", "-server").responseRules[0]!.action,
    "remove",
  );
  assertEquals(configOf("--upstream-ca", "ca.pem").upstreams[0]!.certificates, [
    AUTHORITY_PEM,
  ]);
  assertEquals(configOf("-l", ":0", "-l", ":0").listen.length, 2);
  assertEquals(parseCommand(["--check"], readText).kind, "check");
  assertEquals(
    configOf("--trust-proxy", "10.0.0.0/8,::1").connection.trustedProxies
      .length,
    2,
  );
  assertEquals(configOf("--idle-timeout", "off").connection.idleMs, 0);
  assertEquals(routeOf("--max-body", "1KiB").contentBytesMax, 1024);
  assertEquals(
    configOf("--max-head", "off").connection.headLimits.headBytesMax,
    128 * 1024,
  );
  assertEquals(parseCommand(["-h"], String).kind, "help");
  assertEquals(parseCommand(["-V"], String).kind, "version");
});

Deno.test("what is added to the key of what is stored", () => {
  const cacheOf = (...parts: string[]): unknown => {
    const flags = parts.flatMap((part) => ["--cache-key", part]);
    const { keyParts, queryUse } = routeOf(...flags).cache!;
    return [queryUse, keyParts];
  };
  const none = { fields: [], cookies: [] };
  assertEquals(cacheOf(), ["keep", none]);
  assertEquals(cacheOf("no-query"), ["drop", none]);
  assertEquals(cacheOf("sort-query"), ["sort", none]);
  assertEquals(cacheOf("header:X-A", "cookie:B", "header:C"), [
    "keep",
    { fields: ["x-a", "c"], cookies: ["B"] },
  ]);
});

Deno.test("a cache of no size is no cache; an object is no larger than the cache", () => {
  assertEquals(routeOf("--cache-size", "0").cache, undefined);
  assertEquals(routeOf("--cache-size", "off").cache, undefined);
  assertEquals(configOf("--cache-max-object", "1").store!.objectBytesMax, 1);
  assertEquals(
    routeOf("--cache-size", "0", "--cache-max-object", "1GiB").cache,
    undefined,
  );
  const { store } = configOf("--cache-size", "1MiB"); // less than the default
  assertEquals(store!.objectBytesMax, 2 ** 20);
});

/** By flag: values that are refused, and what is offered in their place. */
const MEANT: readonly [flag: string, value: string, hint: string][] = [
  ["--upstream", "3000", "did you mean http://127.0.0.1:3000?"],
  ["--upstream", ":3000", "did you mean http://127.0.0.1:3000?"],
  ["--upstream", "*:3000", "did you mean http://127.0.0.1:3000?"],
  ["--upstream", "http://*:3000", "did you mean http://127.0.0.1:3000?"],
  [
    "--upstream",
    "3000/api",
    "it cannot have a path; did you mean http://127",
  ],
  ["--upstream", "localhost:0", "a number from 1 to 65535"],
  ["--upstream", "http://app:0/", "a number from 1 to 65535"],
  ["--upstream", "app:65536", "a number from 1 to 65535"],
  ["--upstream", "99999", "a number from 1 to 65535"],
  ["--upstream", "http://app:1/api", "did you mean http://app:1?"],
  ["--upstream", "https://app/?a", "did you mean https://app?"],
  ["--upstream", "app:1#a", "did you mean http://app:1?"],
  ["--upstream", "http://u:p@app:1", "it cannot have a user name; did you"],
  ["--upstream", "ws://app:1", "did you mean http://app:1?"],
  ["--upstream", "wss://app", "did you mean https://app?"],
  ["--upstream", "htp://app", "did you mean http://app?"],
  ["--upstream", "htps://app", "did you mean https://app?"],
  ["--upstream", "http:/app", "did you mean http://app?"],
  ["--upstream", "http//app", "did you mean http://app?"],
  ["--upstream", "https:app:8443", "did you mean https://app:8443?"],
  ["--upstream", "ftp://app", "does not speak ftp"],
  ["--upstream", "https://", "https://host:port"],
  ["--upstream", "", "http://host:port"],
  ["--upstream", "/run/app.sock", "did you mean unix:/run/app.sock?"],
  ["--upstream", "unix:", "unix:/path"],
  ["--upstream", `unix:/${"a".repeat(107)}`, "at most 107 bytes"],
  ["--upstream", "::1", "did you mean http://[::1]?"],
  ["--upstream", "http://::1:3000", "did you mean http://[::1]:3000?"],
  ["--upstream", "127.1", "http://host:port"],
  ["--upstream", "0x7f000001", "http://host:port"],
  ["--upstream", "a:1,b:2", "one upstream"],
  ["--upstream", "http://app :1", "http://host:port"],
  ["--listen", "*:80", "did you mean :80?"],
  ["--listen", "80", "did you mean :80?"],
  ["--listen", "*", "did you mean :8000?"],
  ["--listen", "localhost", "did you mean localhost:8000?"],
  ["--listen", "[::1]", "did you mean [::1]:8000?"],
  ["--listen", "::1:80", "did you mean [::1]:80?"],
  ["--listen", "::", "did you mean [::]:8000?"],
  ["--listen", "http://127.0.0.1:80", "did you mean 127.0.0.1:80?"],
  ["--listen", "127.0.0.1:80/x", "did you mean 127.0.0.1:80?"],
  ["--listen", "https://:443", "TLS for clients needs --config"],
  ["--listen", ":65536", "a number from 1 to 65535"],
  ["--listen", "/run/sluice.sock", "did you mean unix:/run/sluice.sock?"],
  ["--listen", `unix:/${"a".repeat(107)}`, "at most 107 bytes"],
  ["--host-header", "origin", "did you mean upstream?"],
  ["--host-header", "Upstream", "did you mean upstream?"],
  ["--host-header", "clinet", "did you mean client?"],
  ["--host-header", "$host", "did you mean client?"],
  ["--host-header", "http://app:3000/", "did you mean app:3000?"],
  ["--log-format", "jso", "did you mean json?"],
  ["--log-format", "JSON", "did you mean json?"],
  ["--log-format", "none", "did you mean off?"],
  ["--cache-status", "true", "did you mean on?"],
  ["--compress", "brotli", "did you mean br?"],
  ["--compress", "none", "did you mean off?"],
  ["--compress", "gzip,zip", "did you mean gzip?"],
  ["--idle-timeout", "60", "did you mean 60s?"],
  ["--idle-timeout", "5min", "did you mean 5m?"],
  ["--idle-timeout", "2 hours", "did you mean 2h?"],
  ["--idle-timeout", "300msec", "did you mean 300ms?"],
  ["--idle-timeout", "1milli", "did you mean 1ms?"],
  ["--idle-timeout", "never", "did you mean off?"],
  ["--max-body", "10 megabytes", "did you mean 10MiB?"],
  ["--max-body", "unlimited", "did you mean off?"],
  ["--max-connections", "10,000", "did you mean 10000?"],
  ["--max-connections", "unlimited", "did you mean off?"],
  ["--max-connections", "10k", "did you mean 10000?"],
  ["--max-head", "1G", "at most 128KiB"],
  ["--cache-size", "1k", "at least 64KiB"],
  ["--cache-max-object", "1G", "more than --cache-size, which is 256MiB"],
  ["--cache-max-object", "off", "--no-cache"],
];

for (const [flag, value, hint] of MEANT) {
  Deno.test(`${flag} ${value.slice(0, 20)}: ${hint}`, () => {
    for (const more of [[], ["--check"]]) {
      const error = assertThrows(
        () => parseCommand([flag, value, ...more], readText),
        UsageError,
      );
      assertStringIncludes(error.message, `${flag}: "`);
      assertStringIncludes(error.message, value.split(",").at(-1)!);
      assertStringIncludes(error.message, hint);
    }
  });
}

/** Values of which nobody can tell what was meant. */
const NOT_MEANT: readonly [flag: string, value: string][] = [
  ["--listen", "a b"],
  ["--listen", "a b:80"],
  ["--listen", "[::1"],
  ["--upstream", "http://a b"],
  ["--upstream", "htp://a b"],
  ["--upstream", "http://[::1"],
];

for (const [flag, value] of NOT_MEANT) {
  Deno.test(`${flag} "${value}": nothing is offered in its place`, () => {
    const { message } = assertThrows(() => configOf(flag, value), UsageError);
    assertEquals(message.includes("did you mean"), false, message);
  });
}

Deno.test("what is wrong is named, with what is accepted", async (t) => {
  const rows: [args: string[], message: string][] = [
    [["--lisen", ":1"], "--listen"],
    [["--xyzzyxyzzy"], "see --help"],
    [["stray"], '"stray"'],
    [["--upstream"], "--upstream needs a value"],
    [["--upstream", "--demo"], "--upstream needs a value"],
    [["--max-head", "1MiB"], "--max-head"],
    [["--max-head", "x"], "16KiB"],
    [["--idle-timeout", "10"], "500ms"],
    [["--log-format", "xml"], "combined"],
    [["--upstream-max", "0"], "at least 1"],
    [["--listen", "nowhere"], "host:port"],
    [["--response-header", "a b"], "name: value"],
    [["--trust-proxy", "x"], "10.0.0.0/8"],
    [["--upstream", "a:1", "-u", "b:2"], '"a:1" and "b:2" are given'],
    [["--host-header", "a b"], "client, upstream"],
    [["--host-header", "a:65536"], "client, upstream"],
    [["--host-header", "[a]"], "client, upstream"],
    [["--host-header", "m\u00fcller.test"], "client, upstream"],
    [
      ["--listen", ":80", "--listen", "0.0.0.0:80"],
      '"0.0.0.0:80" is given twice',
    ],
    [["--listen", "unix:/a", "--listen", "unix:/a"], "is given twice"],
    [["--upstream-ca", "none.pem"], 'cannot read "none.pem"'],
    [
      ["--upstream-ca", "empty.pem"],
      '"empty.pem": there is no PEM certificate in it',
    ],
    [
      ["--upstream-ca", "key.pem"],
      '"key.pem": there is no PEM certificate in it',
    ],
    [["--upstream-ca", "damaged.pem"], "certificate 2 in it is damaged"],
    [["--check", "--upstream-ca", "none.pem"], 'cannot read "none.pem"'],
  ];
  for (const [args, message] of rows) {
    await t.step(args.join(" "), () => {
      const error = assertThrows(() => configOf(...args), UsageError);
      assertStringIncludes(error.message, message);
      assertEquals(error.message.includes("\n"), false);
    });
  }
});

Deno.test("a configuration file, and what may stand beside it", () => {
  const none = { listen: undefined, workers: undefined, logFormat: undefined };
  const rows: [args: string[], action: string, overrides: unknown][] = [
    [["--config", "a.json"], "run", none],
    [["-c", "a.json"], "run", none],
    [["-c", "a.json", "--watch"], "run", none],
    [["--config=a.json", "--check"], "check", none],
    [["-c", "a.json", "--health"], "health", none],
    [["print-config", "-c", "a.json"], "print-config", none],
    [["-c", "a.json", "--workers", "2", "--log-format", "off"], "run", {
      ...none,
      workers: 2,
      logFormat: "off",
    }],
    [["-c", "a.json", "-l", "unix:/a"], "run", {
      ...none,
      listen: [{ transport: "unix", path: "/a" }],
    }],
  ];
  for (const [args, action, overrides] of rows) {
    assertEquals(parseCommand(args, String), {
      kind: "file",
      action,
      path: "a.json",
      watches: args.includes("--watch"),
      overrides,
    } as Command);
  }
});

Deno.test("which sluice is to be replaced, by flags and by a file", () => {
  const address = parseSocketAddress("127.0.0.1:2020");
  for (const args of [["-c", "a.json"], ["-u", "http://a"]]) {
    const command = parseCommand(
      [...args, "--replace", "127.0.0.1:2020"],
      String,
    );
    assertEquals((command as { replaces?: unknown }).replaces, address);
  }
  const error = assertThrows(
    () => parseCommand(["--replace", "nowhere"], String),
    UsageError,
  );
  assertStringIncludes(error.message, "--replace: ");
});

Deno.test("the demo, and what may stand beside it", () => {
  const command = parseCommand(
    ["--demo", "-l", ":8080", "--workers", "2", "--log-format", "json"],
    String,
  );
  assertEquals(command, {
    kind: "demo",
    listen: [parseSocketAddress(":8080")],
    overrides: { listen: undefined, workers: 2, logFormat: "json" },
  });
  assertEquals(parseCommand(["--demo", "--check"], String).kind, "check");
  assertEquals(parseCommand(["--demo", "--health"], String).kind, "health");
});

Deno.test("what cannot stand beside a configuration file, or a command", () => {
  const rows: [args: string[], message: string][] = [
    [
      ["-c", "a.json", "--upstream", "http://a"],
      "--upstream cannot be used with --config: write it in the file; only --watch, --check, --health, --listen, --workers, --log-format, --admin, --replace can",
    ],
    [["--demo", "-c", "a.json"], "--demo cannot be used with --config"],
    [
      ["--demo", "-u", "http://a"],
      "--upstream cannot be used with --demo, which runs by a file; only --check, --health, --listen, --workers, --log-format, --admin can",
    ],
    [["--demo", "--watch"], "--watch cannot be used with --demo"],
    [
      ["--demo", "-l", ":1", "-l", ":1"],
      '--listen: "0.0.0.0:1" is given twice',
    ],
    [["print-config", "--demo"], "--demo says nothing to print-config"],
    [["-c"], "-c needs a value"],
    [["--watch"], "--watch needs --config"],
    [["-c", ""], "--config needs a value"],
    [["schema", "--workers", "2"], "--workers says nothing to schema"],
    [["types", "-c", "a.json"], "--config says nothing to types"],
    [["schema", "types"], 'unexpected argument "types"'],
    [["--check", "schema"], 'unexpected argument "schema"'],
    [["shema"], 'unexpected argument "shema": did you mean schema?'],
    [["a.json"], 'unexpected argument "a.json": did you mean --config a.json?'],
    [
      ["--workers", "many"],
      '--workers: "many" is not a number of threads: write a whole number, or auto',
    ],
  ];
  for (const [args, message] of rows) {
    const error = assertThrows(() => parseCommand(args, String), UsageError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("the help text has every flag with its default", () => {
  const help = helpText();
  for (const name of FLAG_NAMES) {
    assertStringIncludes(help, `--${name}`);
    const { fallback } = FLAGS[name];
    if (fallback !== undefined) assertStringIncludes(help, fallback);
  }
});
