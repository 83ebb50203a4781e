/** `Range` values, asked of 1000 bytes. */

import type { Seed } from "../seed.ts";

/** Everything that ranges are fuzzed from. */
export const RANGES: readonly Seed[] = [
  { name: "a player's first request", input: "bytes=0-", expect: "0-999" },
  { name: "one byte", input: "bytes=0-0", expect: "0-0" },
  { name: "the last bytes", input: "bytes=-5", expect: "995-999" },
  { name: "more than there is", input: "bytes=990-2000", expect: "990-999" },
  {
    name: "a suffix of more than there is",
    input: "bytes=-2000",
    expect: "0-999",
  },
  {
    name: "several",
    input: "bytes=0-4,500-504,-5",
    expect: "0-4,500-504,995-999",
  },
  { name: "out of order", input: "bytes=500-504, 0-4", expect: "0-4,500-504" },
  { name: "they overlap", input: "bytes=0-99,50-149", expect: "0-149" },
  { name: "spaces", input: "bytes = 1-2 , 300-400", expect: "1-2,300-400" },
  { name: "beyond the end", input: "bytes=1000-", expect: "unsatisfiable" },
  { name: "the last none", input: "bytes=-0", expect: "unsatisfiable" },
  {
    name: "one that can, one that cannot",
    input: "bytes=0-4,2000-",
    expect: "0-4",
  },
  { name: "backwards", input: "bytes=5-4", expect: "ignore" },
  { name: "no numbers", input: "bytes=-", expect: "ignore" },
  { name: "no ranges", input: "bytes=", expect: "ignore" },
  { name: "another unit", input: "items=0-4", expect: "ignore" },
  { name: "a sign", input: "bytes=+1-2", expect: "ignore" },
  { name: "two signs", input: "bytes=0--1", expect: "ignore" },
  { name: "hexadecimal", input: "bytes=0x0-0x4", expect: "ignore" },
  {
    name: "numbers of 2^64",
    input: "bytes=18446744073709551616-18446744073709551617",
    expect: "unsatisfiable",
  },
  {
    name: "the killer of 2011: ranges without end",
    input: `bytes=0-${
      Array.from({ length: 1300 }, (_, i) => `,5-${i}`).join("")
    }`,
    expect: "ignore",
  },
  {
    name: "as many as are served",
    input: `bytes=${"0-,".repeat(15)}0-`,
    expect: "0-999",
  },
];
