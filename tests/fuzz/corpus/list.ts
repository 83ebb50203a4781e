/** Lists of fields, and what makes it hard to tell where a member ends. */

import type { Seed } from "../seed.ts";

/** Everything that lists are fuzzed from. */
export const LISTS: readonly Seed[] = [
  { name: "nothing", input: "", expect: "[]" },
  { name: "commas and whitespace only", input: " ,\t, ,", expect: "[]" },
  { name: "one", input: "chunked", expect: '["chunked"]' },
  {
    name: "whitespace around members",
    input: "\tgzip ,  deflate\t,br",
    expect: '["gzip","deflate","br"]',
  },
  {
    name: "a comma in quotes",
    input: 'private="a, b", max-age=1',
    expect: JSON.stringify(['private="a, b"', "max-age=1"]),
  },
  {
    name: "an escaped quote in quotes",
    input: 'x="a\\", b", y',
    expect: JSON.stringify(['x="a\\", b"', "y"]),
  },
  {
    name: "a backslash outside of quotes escapes nothing",
    input: "a\\, b",
    expect: JSON.stringify(["a\\", "b"]),
  },
  {
    name: "quotes that do not end",
    input: 'a, "b, c',
    expect: JSON.stringify(["a", '"b, c']),
  },
  {
    name: "a backslash at the end of quotes that do not end",
    input: 'a, "b\\',
    expect: JSON.stringify(["a", '"b\\']),
  },
  {
    name: "a space that is none of HTTP's",
    input: "\xa0h2c\xa0, b",
    expect: JSON.stringify(["\xa0h2c\xa0", "b"]),
  },
];
