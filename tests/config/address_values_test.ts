/** Which addresses only this machine reaches: what listens there may do without a token. */

import { assertEquals } from "../support/assert.ts";
import {
  isOnThisMachine,
  parseListen,
} from "../../lib/config/address_values.ts";

const ROWS: readonly [address: string, is: boolean][] = [
  ["127.0.0.1:80", true],
  ["127.255.255.254:80", true],
  ["126.255.255.255:80", false],
  ["128.0.0.1:80", false],
  ["0.0.0.0:80", false], // all addresses
  ["[::1]:80", true],
  ["[::]:80", false], // all addresses
  ["[::2]:80", false],
  ["[2001:db8::1]:80", false],
  ["localhost:80", true],
  ["localhost.example:80", false],
  ["unix:/run/sluice.sock", true],
];

for (const [address, is] of ROWS) {
  Deno.test(`${address} is reached from this machine only: ${is}`, () => {
    assertEquals(isOnThisMachine(parseListen(address)), is);
  });
}
