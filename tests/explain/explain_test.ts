/** The chain of decisions for each kind of route: each step with its reason. */

import { userLine } from "../support/htpasswd.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Folder } from "../support/file_site.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { speaksTls } from "../support/proxy.ts";
import type { Explanation } from "../../lib/explain/explanation.ts";
import { explanationLines } from "../../lib/explain/text.ts";
import { ROUTE_ROWS } from "./route_rows.ts";

/** Only a proxy of this process can be asked, and the scheme of URLs matters. */
const ignore = Deno.env.get("SLUICE_BIN") !== undefined || speaksTls();

function configOf(folder: string, url: string): unknown {
  const group = ["http://127.0.0.1:1", "http://127.0.0.1:2"];
  return {
    trustedProxies: ["10.9.0.0/16"],
    upstreams: {
      hashed: { servers: group, balance: "hash", hashBy: "header:X-Key" },
      turns: { servers: group, balance: "round-robin" },
      sticky: {
        servers: group,
        sticky: { cookie: "to", secret: "0123456789abcdef" },
      },
      spare: {
        servers: [{ url: group[0], backup: true }, { url: group[1] }],
      },
      canary: {
        servers: [url, { url: group[0], when: { header: { "X-New": "1" } } }],
      },
    },
    hosts: {
      "a.example": {
        "/": { proxy: url },
        "/plain": { proxy: url, cache: "off" },
        "/list": [
          { when: { method: "POST" }, respond: 405 },
          { when: { header: { "X-A": true } }, respond: 410 },
          { proxy: url },
        ],
        "/files/*": { files: folder, rewrite: { strip: "/files" } },
        "/old/*": { redirect: { to: "/new{path}", status: 301 } },
        "/teapot": { respond: { status: 418, body: "no" } },
        "/office": { proxy: url, allow: ["10.0.0.0/8"] },
        "/limited": { proxy: url, limit: { rate: "1/h" } },
        "/few": { proxy: url, limit: { concurrent: 2 } },
        "/users": { proxy: url, auth: { basic: `${folder}/users` } },
        "/token": {
          proxy: url,
          auth: { jwt: { jwks: `${folder}/keys.json` } },
        },
        "/cors": { proxy: url, cors: { origins: ["https://b.example"] } },
        "/hashed": { proxy: "hashed" },
        "/turns": { proxy: "turns" },
        "/sticky": { proxy: "sticky" },
        "/spare": { proxy: "spare" },
        "/canary": { proxy: "canary" },
        "/api/*": { proxy: url, rewrite: { strip: "/api", prepend: "/v1" } },
        "/errors": {
          proxy: url,
          deny: ["127.0.0.0/8"],
          errors: { 403: `${folder}/403.html` },
        },
      },
      "down.example": {
        maintenance: { when: `${folder}/down`, except: ["10.0.0.0/8"] },
        "/": { proxy: url },
      },
      "up.example": {
        maintenance: { when: `${folder}/none` },
        "/": { proxy: url },
      },
      "*.b.example": { "/admin/*": { respond: 403 }, "/": { proxy: url } },
    },
  };
}

function codesOf({ steps }: Explanation): string[] {
  return steps.filter(({ code }) => code !== "")
    .map(({ step, code }) => `${step} ${code}`);
}

Deno.test({
  name: "each kind of route",
  ignore,
  fn: async (t) => {
    let asked = 0;
    await using folder = await Folder.with({
      "a.txt": "hello",
      "users": userLine("ann", "secret"),
      "keys.json": '{"keys":[]}',
      "down": "",
      "403.html": "sorry",
    });
    await using origin = Origin.answering(() => {
      asked++;
      return ok("a");
    });
    const names = ["users", "keys.json", "403.html", ""];
    const paths = names.map((name) => `${folder.path}/${name}`);
    await using site = await ConfigSite.start(
      configOf(folder.path, origin.url),
      undefined,
      [folder.path, ...paths],
    );
    for (const row of ROUTE_ROWS) {
      const { target, scheme = "http", host = "a.example" } = row;
      const { method, headers, client } = row;
      const url = `${scheme}://${host}${target}`;
      const name = JSON.stringify([method ?? "GET", url, headers, client]);
      await t.step(name, async () => {
        const question = { url, method, headers: headers ?? [], client };
        for (let i = 0; i < 2; i++) { // nothing is counted
          const found = await site.proxy.explain(question);
          const { result, status, reason } = found;
          assertEquals(`${result} ${status} ${reason}`, row.result);
          assertEquals(codesOf(found), row.codes);
          const text = explanationLines(found).join("\n");
          for (const said of row.says ?? []) {
            assert(text.includes(said), `${said} in:\n${text}`);
          }
          assert(!/secret|YW5u/.test(text), "a secret is shown");
        }
      });
    }
    assertEquals(asked, 0);
  },
});
