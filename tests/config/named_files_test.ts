/** The files that a configuration names, by `--check` and at a start. */

import { assertEquals } from "../support/assert.ts";
import { AUTHORITY_PEM } from "../support/certificate.ts";
import { type Files, MemoryDisk } from "../support/memory_disk.ts";
import { formatProblem } from "../../lib/config/file/place.ts";
import { checkConfig, loadToRun } from "../../lib/config/load.ts";

/** The lines of a check, or of a start. */
async function checked(
  config: unknown,
  files: Files = {},
  load = checkConfig,
): Promise<string[]> {
  const text = JSON.stringify(config);
  const disk = new MemoryDisk({ ...files, "etc/sluice.json": text });
  const { problems } = await load("etc/sluice.json", disk);
  return problems.map(formatProblem)
    .map((line) => line.replace(/^etc\/sluice\.json:1:\d+: /, ""));
}

Deno.test("files and folders that are not there", async () => {
  const config = {
    log: { file: "log/access.log" },
    maintenance: { when: "on", page: "sorry.html" },
    errors: { 404: "404.html", 500: "/srv" },
    upstreams: { u: { servers: "https://u", tls: { ca: "ca.pem" } } },
    hosts: {
      a: { files: "www" },
      b: { files: { root: "index.html" } },
      c: { proxy: "u", auth: { basic: "users" } },
      d: { respond: 200, auth: { jwt: { jwks: "https://keys.example/" } } },
      e: { respond: 200, auth: { jwt: { jwks: "keys.json" } } },
    },
  };
  assertEquals(await checked(config, { "etc/index.html": "", "/srv/x": "" }), [
    'log.file: there is no folder "etc/log"',
    'maintenance.page: there is no file "etc/sorry.html"',
    'errors["404"]: there is no file "etc/404.html"',
    'errors["500"]: "/srv" is not a file',
    'upstreams.u.tls.ca: there is no file "etc/ca.pem"',
    'hosts.a.files: there is no folder "etc/www"',
    'hosts.b.files.root: "etc/index.html" is not a folder',
    'hosts.c.auth.basic: there is no file "etc/users"',
    'hosts.e.auth.jwt.jwks: there is no file "etc/keys.json"',
  ]);
});

Deno.test("certificates that are none", async () => {
  const config = {
    upstreams: {
      u: { servers: "https://u", tls: { ca: ["good.pem", "bad.pem"] } },
    },
    tls: { certificates: "certificates/*.pem" },
    hosts: { a: { proxy: "u" } },
  };
  const files = {
    "etc/good.pem": AUTHORITY_PEM,
    "etc/bad.pem": "x",
    "etc/certificates/a.pem": AUTHORITY_PEM,
    "etc/certificates/b.pem": AUTHORITY_PEM.replace(/AgIU.*/, ""),
  };
  assertEquals(await checked(config, files), [
    'upstreams.u.tls.ca[1]: "etc/bad.pem": there is no PEM certificate in it',
    'tls.certificates: "etc/certificates/b.pem": certificate 1 in it is damaged',
  ]);
});

Deno.test("files that are not what they must be", async () => {
  const config = {
    log: { file: "www" },
    hosts: {
      a: { respond: 200, auth: { basic: "www" } },
      b: { respond: 200, auth: { basic: "users" } },
      c: { respond: 200, auth: { jwt: { jwks: "www" } } },
      d: { respond: 200, auth: { jwt: { jwks: "no.json" } } },
      e: { respond: 200, auth: { jwt: { jwks: "keys.json" } } },
      f: { respond: 200, auth: { jwt: { jwks: "good.json" } } },
    },
  };
  const files = {
    "etc/www/x": "",
    "etc/users": "ann",
    "etc/no.json": "keys",
    "etc/keys.json": '{"key":[]}',
    "etc/good.json": '{"keys":[]}',
  };
  assertEquals(await checked(config, files), [
    'log.file: "etc/www" is a folder, not a file',
    'hosts.a.auth.basic: "etc/www" is not a file',
    'hosts.b.auth.basic: "etc/users": line 1: expected name:hash',
    'hosts.c.auth.jwt.jwks: "etc/www" is not a file',
    `hosts.d.auth.jwt.jwks: "etc/no.json": Unexpected token 'k', "keys" is not valid JSON`,
    'hosts.e.auth.jwt.jwks: "etc/keys.json": this is not a set of keys: expected { keys: [...] }',
  ]);
});

Deno.test("at a start, what is needed then is an error, and what is used later a warning", async () => {
  const config = {
    listen: { http: ":80", https: ":443" },
    tls: { certificates: "site.pem" },
    admin: { listen: "127.0.0.1:2020", token: { file: "token" } },
    log: { file: "log/access.log" },
    maintenance: { when: "on", page: "sorry.html" },
    errors: { 404: "404.html" },
    upstreams: { u: { servers: "https://u", tls: { ca: "ca.pem" } } },
    hosts: {
      a: { files: "www" },
      c: { proxy: "u", auth: { basic: "users" } },
      e: { respond: 200, auth: { jwt: { jwks: "keys.json" } } },
    },
  };
  assertEquals(await checked(config, {}, loadToRun), [
    'admin.token.file: there is no file "etc/token"',
    'maintenance.page: warning: there is no file "etc/sorry.html"',
    'errors["404"]: warning: there is no file "etc/404.html"',
    'upstreams.u.tls.ca: there is no file "etc/ca.pem"',
    'hosts.a.files: warning: there is no folder "etc/www"',
    'hosts.c.auth.basic: warning: there is no file "etc/users"',
    'hosts.e.auth.jwt.jwks: warning: there is no file "etc/keys.json"',
  ]);
});
