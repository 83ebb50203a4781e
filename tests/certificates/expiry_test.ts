/** When the operator is told that a certificate expires. */

import { expiryNotice } from "../../lib/certificates/expiry.ts";
import { assertEquals } from "../support/assert.ts";

const DAY = 86_400_000;
const END = Date.UTC(2026, 5, 30);

function notice(lifeDays: number, leftDays: number): string | undefined {
  const facts = {
    names: ["acme.test"],
    notBeforeMs: END - lifeDays * DAY,
    notAfterMs: END,
  };
  const said = expiryNotice(facts, "a.pem", END - leftDays * DAY);
  return said && `${said.level}: ${said.text}`;
}

const WHAT = "the certificate of acme.test (a.pem)";
const ROWS: readonly [life: number, left: number, said: string | undefined][] =
  [
    [90, 60, undefined],
    [90, 22, undefined],
    [90, 21, `warn: ${WHAT} expires in 21 days, on 2026-06-30`],
    [90, 1.5, `warn: ${WHAT} expires in 1 day, on 2026-06-30`],
    [90, 0.5, `warn: ${WHAT} expires today, on 2026-06-30`],
    [90, 0, `error: ${WHAT} has expired on 2026-06-30`],
    [90, -100, `error: ${WHAT} has expired on 2026-06-30`],
    [6, 3, undefined], // a short life has no 21 days
    [6, 2, `warn: ${WHAT} expires in 2 days, on 2026-06-30`],
    [
      90,
      91,
      `error: ${WHAT} is not valid before ${
        new Date(END - 90 * DAY).toISOString()
      }`,
    ],
  ];

for (const [life, left, said] of ROWS) {
  Deno.test(`a life of ${life} days, ${left} left`, () => {
    assertEquals(notice(life, left), said);
  });
}
