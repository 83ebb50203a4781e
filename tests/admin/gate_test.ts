/** Which requests get to the admin listener's resources at all: hosts, origins, sites. */

import { assertEquals } from "../support/assert.ts";
import { hostOf, type ListenerNames, refusalOf } from "../../lib/admin/gate.ts";

const LOOPBACK: ListenerNames = {
  address: "127.0.0.1",
  host: "127.0.0.1",
  hosts: ["sluice.example"],
};
const ANYWHERE: ListenerNames = {
  address: "10.0.0.5",
  host: "0.0.0.0",
  hosts: [],
};
const MAPPED: ListenerNames = {
  address: "::ffff:10.0.0.5",
  host: "::",
  hosts: [],
};
const V6: ListenerNames = { address: "fd00::5", host: "::", hosts: [] };
const UNIX: ListenerNames = {
  address: undefined,
  host: undefined,
  hosts: ["admin.example"],
};

function statusOf(
  names: ListenerNames,
  authority: string,
  origin: string | undefined = undefined,
  isChange = false,
  fetchSite: string | undefined = undefined,
  fetchMode: string | undefined = undefined,
): number | undefined {
  const caller = { authority, origin, fetchSite, fetchMode, isChange };
  return refusalOf(caller, names)?.status;
}

const HOSTS: readonly [ListenerNames, string, number | undefined][] = [
  [LOOPBACK, "127.0.0.1:2020", undefined],
  [LOOPBACK, "127.0.0.1", undefined],
  [LOOPBACK, "127.1.2.3:2020", undefined],
  [LOOPBACK, "[::1]:2020", undefined],
  [LOOPBACK, "localhost:2020", undefined],
  [LOOPBACK, "LOCALHOST.:3030", undefined], // through a tunnel with another port
  [LOOPBACK, "sluice.example", undefined],
  [LOOPBACK, "", undefined], // HTTP/1.0
  [LOOPBACK, "evil.example", 421],
  [LOOPBACK, "evil.example:2020", 421],
  [LOOPBACK, "localhost.evil.example", 421],
  [LOOPBACK, "localhost:2020@evil.example", undefined], // refused before: no authority
  [LOOPBACK, "127.0.0.1.evil.example", 421],
  [LOOPBACK, "127.0.0.1.nip.io", 421],
  [LOOPBACK, "sluice.example.evil", 421],
  [LOOPBACK, "10.0.0.5", 421],
  [LOOPBACK, "0.0.0.0:2020", 421],
  [LOOPBACK, "[::ffff:127.0.0.1]", undefined],
  [ANYWHERE, "10.0.0.5:2020", undefined],
  [ANYWHERE, "localhost:2020", undefined],
  [ANYWHERE, "127.0.0.1:2020", 421],
  [ANYWHERE, "evil.example", 421],
  [MAPPED, "10.0.0.5:2020", undefined],
  [MAPPED, "10.0.0.6:2020", 421],
  [V6, "[fd00::5]:2020", undefined],
  [V6, "[FD00::5]", undefined],
  [V6, "[fd00::6]", 421],
  [UNIX, "localhost", undefined],
  [UNIX, "admin.example", undefined],
  [UNIX, "127.0.0.1", 421],
  [UNIX, "evil.example", 421],
];

for (const [names, authority, status] of HOSTS) {
  const where = names.address ?? "a Unix socket";
  Deno.test(`host ${JSON.stringify(authority)} at ${where}: ${status ?? "taken"}`, () => {
    assertEquals(statusOf(names, authority), status);
  });
}

const HOST = "127.0.0.1:2020";
const ORIGINS: readonly [string, string, number | undefined][] = [
  [HOST, "http://127.0.0.1:2020", undefined],
  ["localhost:2020", "http://localhost:2020", undefined],
  ["LOCALHOST:2020", "http://localhost:2020", undefined],
  ["localhost", "http://localhost", undefined],
  ["localhost:80", "http://localhost", undefined],
  ["localhost", "http://localhost:80", undefined],
  ["localhost", "https://localhost", undefined], // behind something that speaks TLS
  [HOST, "https://sluice.example", undefined], // behind a proxy that changes Host
  [HOST, "https://sluice.example:8443", undefined],
  [HOST, "http://localhost:2020", 403],
  [HOST, "http://127.0.0.1:3000", 403], // another program of this machine
  [HOST, "http://127.0.0.1", 403],
  [HOST, "http://evil.example", 403],
  [HOST, "http://127.0.0.1:2020.evil.example", 403],
  [HOST, "http://127.0.0.1:2020@evil.example", 403],
  [HOST, "http://127.0.0.1:2020/", 403],
  [HOST, "http://127.0.0.1:2020, http://evil.example", 403],
  [HOST, "null", 403],
  [HOST, "", 403],
  [HOST, "file://", 403],
  [HOST, "chrome-extension://127.0.0.1:2020", 403],
  ["", "http://evil.example", 403],
];

for (const [authority, origin, status] of ORIGINS) {
  Deno.test(`origin ${JSON.stringify(origin)} at ${authority}: ${status ?? "taken"}`, () => {
    for (const isChange of [true, false]) {
      assertEquals(statusOf(LOOPBACK, authority, origin, isChange), status);
    }
  });
}

Deno.test("what browsers say of the site counts where there is no origin", () => {
  const rows = [
    ["cross-site", "navigate", true, 403],
    ["same-site", "navigate", true, 403],
    ["cross-site", "no-cors", false, 403], // an image
    ["same-site", "no-cors", false, 403],
    ["cross-site", "navigate", false, undefined], // a link that was followed
    ["same-site", "navigate", false, undefined],
    ["same-origin", "cors", true, undefined],
    ["same-origin", "no-cors", false, undefined],
    ["none", "navigate", true, undefined],
    ["none", "navigate", false, undefined],
    [undefined, undefined, true, undefined], // no browser
    [undefined, undefined, false, undefined],
  ] as const;
  for (const [site, mode, isChange, status] of rows) {
    assertEquals(
      statusOf(LOOPBACK, HOST, undefined, isChange, site, mode),
      status,
      `${site} ${mode} ${isChange}`,
    );
  }
});

Deno.test("the host of an authority", () => {
  const rows = [
    ["a.example", "a.example"],
    ["A.example.:80", "a.example"],
    ["[::1]:80", "::1"],
    ["[FE80::1]", "fe80::1"],
    ["", ""],
    [":80", ""],
  ] as const;
  for (const [authority, host] of rows) assertEquals(hostOf(authority), host);
});
