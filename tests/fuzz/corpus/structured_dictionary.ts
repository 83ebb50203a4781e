/** Dictionaries of structured fields, most of them for `CDN-Cache-Control`. */

import type { Seed } from "../seed.ts";

/** Everything that dictionaries are fuzzed from. */
export const DICTIONARIES: readonly Seed[] = [
  { name: "nothing", input: "", expect: "{}" },
  {
    name: "a targeted field",
    input: "max-age=60, stale-if-error=600",
    expect: '{"max-age":"integer 60","stale-if-error":"integer 600"}',
  },
  {
    name: "every kind of item",
    input:
      'a=1, b=1.5, c="x \\" y", d=tok/en:, e=:aGk=:, f=@1, g=%"x%c3%bc", h=?0, i, j=(1 "x";y)',
    expect:
      '{"a":"integer 1","b":"decimal 1.5","c":"string x \\" y","d":"token tok/en:","e":"bytes aGk=","f":"date 1","g":"display x%c3%bc","h":"boolean false","i":"boolean true","j":"list"}',
  },
  {
    name: "parameters are dropped",
    input: 'a=1;b;c="d", e;f=?1',
    expect: '{"a":"integer 1","e":"boolean true"}',
  },
  {
    name: "of a repeated key, the last",
    input: "a=1, b=2, a=3",
    expect: '{"b":"integer 2","a":"integer 3"}',
  },
  { name: "upper case", input: "Max-Age=60", expect: "malformed" },
  {
    name: "spaces around the equals sign",
    input: "a = 1",
    expect: "malformed",
  },
  { name: "a comma at the end", input: "a=1,", expect: "malformed" },
  { name: "two commas", input: "a=1,,b=2", expect: "malformed" },
  {
    name: "a number of 16 digits",
    input: "a=1234567890123456",
    expect: "malformed",
  },
  { name: "a decimal of four digits", input: "a=1.2345", expect: "malformed" },
  { name: "a string that does not end", input: 'a="b', expect: "malformed" },
  { name: "a list that does not end", input: "a=(1 2", expect: "malformed" },
  { name: "a list in a list", input: "a=((1))", expect: "malformed" },
  { name: "UTF-8 in a string", input: 'a="\xc3\xbc"', expect: "malformed" },
  { name: "a boolean of no kind", input: "a=?2", expect: "malformed" },
  {
    name: "names of what all objects have",
    input: "constructor=1",
    expect: '{"constructor":"integer 1"}',
  },
];
