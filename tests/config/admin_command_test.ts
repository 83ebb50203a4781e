/** What the command lines of `sluice purge`, `reload` and `upstreams` say. */

import { assertEquals, assertThrows } from "../support/assert.ts";
import type { AdminCommand } from "../../lib/config/admin_command.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { UsageError } from "../../lib/config/usage_error.ts";

const AT = ["--admin", "127.0.0.1:2020"];
const ADDRESS = { transport: "tcp", hostname: "127.0.0.1", port: 2020 };

function read(...args: readonly string[]): Omit<AdminCommand, "kind"> {
  const command = parseCommand(args, String);
  if (command.kind !== "admin") throw new Error("Another command");
  const { kind: _, ...rest } = command;
  return rest;
}

Deno.test("where the running sluice is", () => {
  const rows: readonly [args: readonly string[], target: unknown][] = [
    [AT, { address: ADDRESS, config: undefined, tokenFile: undefined }],
    [["--admin=unix:/run/a.sock"], {
      address: { transport: "unix", path: "/run/a.sock" },
      config: undefined,
      tokenFile: undefined,
    }],
    [["--config", "a.json"], {
      address: undefined,
      config: "a.json",
      tokenFile: undefined,
    }],
    [["-c", "a.json", ...AT, "--token-file", "t"], {
      address: ADDRESS,
      config: "a.json",
      tokenFile: "t",
    }],
  ];
  for (const [args, target] of rows) {
    assertEquals<unknown>(read("reload", ...args).target, target);
  }
});

Deno.test("what is asked", () => {
  const rows: readonly [args: readonly string[], action: unknown][] = [
    [["reload"], { action: "reload" }],
    [["upstreams"], { action: "show-upstreams" }],
    [["upstreams", "api", "10.0.0.1:80", "drain"], {
      action: "change-server",
      upstream: "api",
      server: "10.0.0.1:80",
      change: { state: "drain" },
    }],
    [["upstreams", "api", "10.0.0.1:80", "weight", "3"], {
      action: "change-server",
      upstream: "api",
      server: "10.0.0.1:80",
      change: { weight: 3 },
    }],
    [["purge", "http://a/", "http://b/"], {
      action: "purge",
      orders: [{ url: "http://a/" }, { url: "http://b/" }],
    }],
    [["purge", "--tag", "x", "--tag", "y", "--soft"], {
      action: "purge",
      orders: [{ tag: "x", soft: true }, { tag: "y", soft: true }],
    }],
    [["purge", "--prefix", "a.example/"], {
      action: "purge",
      orders: [{ prefix: "a.example/" }],
    }],
    [["purge", "--host", "a.example"], {
      action: "purge",
      orders: [{ host: "a.example" }],
    }],
    [["purge", "--all"], { action: "purge", orders: [{ all: true }] }],
  ];
  for (const [args, action] of rows) {
    const { target: _, ...rest } = read(...args, ...AT);
    assertEquals<unknown>(rest, action);
  }
});

Deno.test("what is no such command line", () => {
  const purge =
    "expected: sluice purge (URL... | --prefix URL | --tag TAG | --host HOST | --all) [--soft] (--admin ADDRESS | --config FILE) [--token-file FILE]";
  const upstreams =
    "expected: sluice upstreams [NAME HOST:PORT (up | drain | down | weight N)] (--admin ADDRESS | --config FILE) [--token-file FILE]";
  const rows: readonly [args: readonly string[], message: string][] = [
    [
      ["reload"],
      "reload needs the running sluice: --admin ADDRESS, or --config FILE with admin.listen",
    ],
    [["reload", "--admin", ""], "--admin needs a value"],
    [["reload", "--admin"], "--admin needs a value"],
    [
      ["reload", "--admin", "2020"],
      '--admin: "2020" is not an address: write host:port, [ipv6]:port, :port or unix:/path; did you mean :2020?',
    ],
    [["purge", ...AT], purge],
    [["purge", "http://a/", "--all", ...AT], purge],
    [["purge", "--tag", "a", "--host", "b", ...AT], purge],
    [["purge", "--soft", ...AT], purge],
    [["upstreams", "a", ...AT], upstreams],
    [["upstreams", "a", "b", ...AT], upstreams],
    [["upstreams", "a", "b", "off", ...AT], upstreams],
    [["upstreams", "a", "b", "up", "1", ...AT], upstreams],
    [["upstreams", "a", "b", "weight", ...AT], upstreams],
    [
      ["upstreams", "a", "b", "weight", "0", ...AT],
      'weight: "0" is not a whole number from 1',
    ],
    [
      ["upstreams", "a", "b", "weight", "x", ...AT],
      'weight: "x" is not a whole number from 1',
    ],
    [
      ["reload", "--soft", ...AT],
      "unknown flag --soft for reload; expected: sluice reload (--admin ADDRESS | --config FILE) [--token-file FILE]",
    ],
    [
      ["purge", "--al", ...AT],
      "unknown flag --al for purge: did you mean --all?",
    ],
    [
      ["upstreams", "a", "b", "drian", ...AT],
      '"drian" is no state: did you mean drain?',
    ],
    [
      ["reload", "now", ...AT],
      "expected: sluice reload (--admin ADDRESS | --config FILE) [--token-file FILE]",
    ],
    [["relaod"], 'unexpected argument "relaod": did you mean reload?'],
  ];
  for (const [args, message] of rows) {
    const error = assertThrows(() => parseCommand(args, String), UsageError);
    assertEquals(error.message, message);
  }
});
