/** Which purges name what was asked for before them. */

import { assertEquals } from "../../support/assert.ts";
import { keyOf } from "../../support/shared_store.ts";
import { isOfHost, type Purge } from "../../../lib/cache/store/purge.ts";
import {
  type Nameable,
  PURGE_EPOCHS_BYTES,
  PurgeEpochs,
} from "../../../lib/cache/store/purge_epochs.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

function epochs(): PurgeEpochs {
  return new PurgeEpochs(new SharedArrayBuffer(PURGE_EPOCHS_BYTES));
}

function named(path: string, ...tags: string[]): Nameable {
  const key = keyOf(path);
  return { key: key.written.view().slice(), hash: key.hash, tags };
}

function keyPurge(path: string): Purge {
  const { key, hash } = named(path);
  return { kind: "key", key, hash };
}

const ASKED = named("/shop/7?q", "a", "b");

/** What purges, and whether that names `h /shop/7?q` with the tags `a` and `b`. */
const ROWS: readonly [purge: Purge, isNamed: boolean][] = [
  [keyPurge("/shop/7?q"), true],
  [keyPurge("/shop/7"), false],
  [{ kind: "prefix", prefix: bytesOf("h /shop/") }, true],
  [{ kind: "prefix", prefix: bytesOf("h /shop/7?q") }, true],
  [{ kind: "prefix", prefix: bytesOf("h /shop/7?qq") }, false],
  [{ kind: "prefix", prefix: bytesOf("h /shopp") }, false],
  [{ kind: "prefix", prefix: bytesOf("") }, true],
  [{ kind: "host", host: bytesOf("h") }, true],
  [{ kind: "host", host: bytesOf("hh") }, false],
  [{ kind: "tag", tag: "b" }, true],
  [{ kind: "tag", tag: "c" }, false],
  [{ kind: "all" }, true],
];

Deno.test("a purge names what was asked for before it, and nothing after", () => {
  for (const [purge, isNamed] of ROWS) {
    for (const isSoft of [false, true]) {
      const table = epochs();
      table.note(keyPurge("/other"));
      const before = table.now;
      assertEquals(table.note({ ...purge, isSoft }), before + 1);
      const what = JSON.stringify(purge);
      assertEquals(table.hasNamed(before, ASKED), isNamed, what);
      assertEquals(table.hasNamed(table.now, ASKED), false, what);
      assertEquals(table.lastNaming(ASKED), isNamed ? table.now : 0, what);
    }
  }
});

Deno.test("the last purge that names something is remembered, whatever comes after", () => {
  const table = epochs();
  table.note({ kind: "tag", tag: "a" });
  table.note({ kind: "tag", tag: "b" });
  for (let i = 0; i < 100; i++) table.note(keyPurge(`/${i}`));
  assertEquals(table.lastNaming(ASKED), 2);
  assertEquals(table.now, 102);
  assertEquals([table.hasNamed(1, ASKED), table.hasNamed(2, ASKED)], [
    true,
    false,
  ]);
});

Deno.test("a host is the same in any case, with its port, and with a dot at its end", () => {
  const rows: [key: string, host: string, isOf: boolean][] = [
    ["shop.example /", "shop.example", true],
    ["Shop.Example /", "shop.example", true],
    ["shop.example:8080 /", "shop.example", true],
    ["shop.example. /", "shop.example", true],
    ["shop.example.:80 /", "shop.example", true],
    ["shop.example:8080 /", "shop.example:8080", true],
    ["shop.example:80 /", "shop.example:8080", false],
    ["shop.example /", "shop.example:8080", false],
    ["shop.example.org /", "shop.example", false],
    ["myshop.example /", "shop.example", false],
    ["shop.example", "shop.example", false], // which is no key
    ["[::1]:80 /", "[::1]", true],
    ["[::1] /", "[::1]", true],
    ["[::12] /", "[::1]", false],
  ];
  for (const [key, host, isOf] of rows) {
    const bytes = bytesOf(key);
    const hostBytes = bytesOf(host);
    assertEquals(isOfHost(bytes, 0, bytes.length, hostBytes), isOf, key);
    const table = epochs();
    table.note({ kind: "host", host: hostBytes });
    // The table goes by the name alone.
    const asked = { key: bytes, hash: 0, tags: [] };
    if (isOf) assertEquals(table.hasNamed(0, asked), true, key);
  }
});
