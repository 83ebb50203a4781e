/** What `sluice init` writes is right, says what was answered, and nothing else. */

import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { linesOf, resolvedFrom } from "../support/memory_disk.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { isPublicName, starterText } from "../../lib/config/starter.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { readJson } from "../../lib/config/file/json_text.ts";
import { plainOf } from "../../lib/config/file/node.ts";

/** The text for a command line, and its value without comments. */
function written(...args: readonly string[]): [text: string, value: unknown] {
  const command = parseCommand(["init", ...args], String);
  assert(command.kind === "init" && command.answers !== undefined);
  const text = starterText(command.path, command.answers);
  const { node } = readJson(
    { name: "sluice.json", folder: "", text },
    text,
  );
  assert(node !== undefined, text);
  return [text, plainOf(node)];
}

const ADMIN = { admin: { listen: "127.0.0.1:2020" } };
const HERE = { listen: "127.0.0.1:8000", ...ADMIN };
const HTTPS = { listen: { http: ":80", https: ":443" }, workers: "auto" };

const ROWS: readonly (readonly [args: string[], value: unknown])[] = [
  [
    ["--upstream", "http://127.0.0.1:3000"],
    { ...HERE, hosts: { "*": { proxy: "http://127.0.0.1:3000" } } },
  ],
  [["-u", "3000"], {
    ...HERE,
    hosts: { "*": { proxy: "http://127.0.0.1:3000" } },
  }],
  [["--files", "dist"], {
    ...HERE,
    hosts: {
      "*": { "/": { files: { root: "dist", fallback: "/index.html" } } },
    },
  }],
  [["--domain", "Example.COM", "-u", "a:1", "-u", "unix:/b"], {
    ...HTTPS,
    ...ADMIN,
    tls: { acme: true, hsts: "1d" },
    upstreams: { app: { servers: ["a:1", "unix:/b"] } },
    hosts: { "example.com": { proxy: "app" } },
  }],
  [["--domain", "example.com", "-u", "a:1", "--email", "me@example.com"], {
    ...HTTPS,
    ...ADMIN,
    tls: { acme: { email: "me@example.com" }, hsts: "1d" },
    hosts: { "example.com": { proxy: "a:1" } },
  }],
  [["--domain", "shop.lan", "-u", "a:1", "--files", "/srv"], {
    listen: { http: ":80" },
    workers: "auto",
    ...ADMIN,
    hosts: {
      "shop.lan": {
        "/": { files: { root: "/srv", fallback: "/index.html" } },
        "/api/*": { proxy: "a:1", rewrite: { strip: "/api" } },
      },
    },
  }],
];

for (const [args, value] of ROWS) {
  Deno.test(`init ${args.join(" ")}`, async () => {
    const [text, found] = written(...args);
    assertEquals(found, value);
    assertEquals(await linesOf(text), []);
    assert(text.split("\n").every((line) => line.length <= 90), text);
  });
}

Deno.test("what an answer holds stays in its text", async () => {
  const files = 'a "b"\n// */ ${HOME}';
  const [text] = written("--files", files, 'x\n"y".json');
  assertEquals(await linesOf(text), []);
  const { hosts } = await resolvedFrom(text);
  const [{ routes }] = hosts as [typeof hosts[number]];
  const { handler } = routes[0]!;
  assert(handler.kind === "files");
  assertEquals(handler.root.endsWith(files), true, handler.root);
});

Deno.test("names that an authority gives certificates for, and others", () => {
  const names = ["example.com", "a.b.dev", "xn--bcher-kva.example.org"];
  const others = [
    "localhost",
    "nas",
    "shop.lan",
    "a.test",
    "10.0.0.1",
    "[::1]",
  ];
  assertEquals(names.map(isPublicName), names.map(() => true));
  assertEquals(others.map(isPublicName), others.map(() => false));
});

const WRONG: readonly (readonly [args: string[], message: string])[] = [
  [["--domain", "a.b"], "what do visitors get?"],
  [["--email", "a@b"], "what do visitors get?"],
  [["--files", ""], "--files needs a value"],
  [["-u", "ftp://a"], '--upstream: "ftp://a" is not an upstream'],
  [["-u", "a:1", "--domain", "*.a.b"], "--domain: "],
  [["-u", "a:1", "--domain", "a b"], "--domain: "],
  [["-u", "a:1", "--email", "me"], "--email: "],
  [["-u", "a:1", "a.ts"], "does not end with .json"],
  [["a.json", "b.json"], "expected: sluice init"],
  [["--froce"], "unknown flag --froce"],
];

for (const [args, message] of WRONG) {
  Deno.test(`init ${args.join(" ")} is refused`, () => {
    const error = assertThrows(
      () => parseCommand(["init", ...args], String),
      UsageError,
    );
    assert(error.message.includes(message), error.message);
  });
}
