/** The host by which records on disk are purged. */

import { hostOf } from "../../../lib/cache/disk/disk_purge.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import { assertEquals } from "../../support/assert.ts";

const ROWS: readonly [key: string, host: string][] = [
  ["a.example /x", "a.example"],
  ["A.Example. /x", "a.example"],
  ["a.example:8080 /x", "a.example"],
  ["a.example", "a.example"],
  ["h /a:b", "h"],
  ["[::1] /x", "[::1]"],
  ["[2001:DB8::1]:8080 /x", "[2001:db8::1]"],
  ["[::1]", "[::1]"],
];

for (const [key, host] of ROWS) {
  Deno.test(`the host of ${key} is ${host}`, () => {
    assertEquals(hostOf(bytesOf(key)), host);
  });
}
