/** Which certificate a client gets by the name that it asks for. */

import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { CertificateTable } from "../../lib/certificates/table.ts";
import { assertEquals } from "../support/assert.ts";

const NOW = Date.UTC(2026, 0, 1);
const CERTIFICATES = await Promise.all(
  [["a.test", "192.0.2.1"], ["*.b.test", "b.test"]]
    .map((names) => makeSelfSigned(NOW, names)),
);

const ROWS: readonly [
  name: string,
  byDefault: number | undefined,
  whenUnknownAreRefused: number | undefined,
][] = [
  ["a.test", 0, 0],
  ["b.test", 1, 1],
  ["x.b.test", 1, 1],
  // The first is the default; who asks for no name cannot ask for an unknown one.
  ["", 0, 0],
  ["c.test", 0, undefined],
  ["x.y.b.test", 0, undefined],
];

for (const [name, byDefault, whenUnknownAreRefused] of ROWS) {
  Deno.test(`the certificate for ${name || "no name"}`, () => {
    for (const unknown of ["default", "refuse"] as const) {
      const table = new CertificateTable({
        certificates: CERTIFICATES,
        unknown,
        needsTls13: false,
      });
      const chosen = table.choose(name);
      const index = [0, 1].find((index) =>
        chosen?.covers(index === 0 ? "a.test" : "b.test")
      );
      assertEquals(
        index,
        unknown === "default" ? byDefault : whenUnknownAreRefused,
      );
    }
  });
}
