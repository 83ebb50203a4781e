/** Values in DER: how their length is written, and read again. */

import { tagged } from "../../lib/certificates/der.ts";
import { readValues } from "../../lib/certificates/der_reader.ts";
import { assertEquals } from "../support/assert.ts";

const ROWS: readonly [length: number, written: readonly number[]][] = [
  [0, [0]],
  [1, [1]],
  [127, [127]],
  [128, [0x81, 128]],
  [255, [0x81, 255]],
  [256, [0x82, 1, 0]],
  [65_535, [0x82, 255, 255]],
];

for (const [length, written] of ROWS) {
  Deno.test(`a value of ${length} bytes`, () => {
    const content = new Uint8Array(length).fill(7);
    const value = tagged(0x04, content.subarray(0, 1), content.subarray(1));
    assertEquals([...value.subarray(1, 1 + written.length)], [...written]);
    assertEquals(value.length, 1 + written.length + length);
    assertEquals(readValues(value), [{ tag: 0x04, content }]);
  });
}
