import {
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { AUTHORITY_PEM } from "../support/certificate.ts";
import { parseCommand, UsageError } from "../../lib/config/command.ts";
import type { Config } from "../../lib/config/config.ts";
import { FLAG_NAMES, FLAGS } from "../../lib/config/flags.ts";
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

Deno.test("without flags: the defaults", () => {
  const { listen, route, logFormat, connectionsMax } = configOf();
  assertEquals(listen, [{
    transport: "tcp",
    hostname: "127.0.0.1",
    port: 8000,
  }]);
  assertEquals(route.origin.authority, "127.0.0.1:9000");
  assertEquals([logFormat, connectionsMax], ["combined", 10_000]);
  assertEquals(route.contentBytesMax, Infinity);
});

Deno.test("flags in each of their forms", () => {
  assertEquals(configOf("--upstream=http://a:1").route.origin.authority, "a:1");
  assertEquals(
    configOf("--upstream", "http://a:1").route.origin.authority,
    "a:1",
  );
  assertEquals(configOf("-u", "http://a:1").route.origin.authority, "a:1");
  assertEquals(configOf("-l", ":1", "--listen", ":2").listen.length, 2);
  assertEquals(
    configOf("--upstream", "a:1", "--upstream", "b:2").route.origin.authority,
    "b:2",
  );
  assertEquals(
    configOf("--response-header", "-server").route.responseRules[0]!.action,
    "remove",
  );
  assertEquals(configOf("--upstream-ca", "ca.pem").route.originCertificates, [
    AUTHORITY_PEM,
  ]);
  assertEquals(configOf("-l", ":0", "-l", ":0").listen.length, 2);
  assertEquals(parseCommand(["--check"], readText).kind, "check");
  assertEquals(
    configOf("--trust-proxy", "10.0.0.0/8,::1").route.trustedProxies.length,
    2,
  );
  assertEquals(configOf("--idle-timeout", "off").route.timeouts.idleMs, 0);
  assertEquals(configOf("--max-body", "1KiB").route.contentBytesMax, 1024);
  assertEquals(
    configOf("--max-head", "off").route.requestLimits.headBytesMax,
    128 * 1024,
  );
  assertEquals(parseCommand(["-h"], String).kind, "help");
  assertEquals(parseCommand(["-V"], String).kind, "version");
});

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
      '"empty.pem": it holds no PEM certificate',
    ],
    [["--upstream-ca", "key.pem"], '"key.pem": it holds no PEM certificate'],
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

Deno.test("the help text has every flag with its default", () => {
  const help = helpText();
  for (const name of FLAG_NAMES) {
    assertStringIncludes(help, `--${name}`);
    const { fallback } = FLAGS[name];
    if (fallback !== undefined) assertStringIncludes(help, fallback);
  }
});
