/** When certificates are ordered, and for whom. */

import {
  backoffMs,
  isOrderable,
  renewalMs,
} from "../../lib/certificates/acme_schedule.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("names that an authority of the public may know", () => {
  const rows: readonly [name: string, is: boolean][] = [
    ["acme.test", true],
    ["www.acme.test", true],
    ["acme", false],
    ["*", false],
    ["*.acme.test", false],
    ["localhost", false],
    ["app.localhost", false],
    ["127.0.0.1", false],
    ["[::1]", false],
  ];
  for (const [name, is] of rows) assertEquals(isOrderable(name), is, name);
});

Deno.test("a certificate is renewed at two thirds of its life, or a little earlier", () => {
  const facts = { names: [], notBeforeMs: 1000, notAfterMs: 1000 + 900 };
  assertEquals(Math.round(renewalMs(facts, 0)), 1600);
  assertEquals(Math.round(renewalMs(facts, 1)), 1555);
});

Deno.test("pauses after failures double, up to a bound, and are longer if the authority asks", () => {
  const minutes = (failures: number, message = "", random = 0): number =>
    backoffMs(failures, message, random) / 60_000;
  assertEquals([1, 2, 3, 9, 100].map((count) => minutes(count)), [
    1,
    2,
    4,
    256,
    360,
  ]);
  assertEquals(minutes(1, "", 1), 1.25);
  assertEquals(minutes(1, "urn:ietf:params:acme:error:rateLimited"), 60);
  assertEquals(minutes(9, "too many certificates"), 256);
});
