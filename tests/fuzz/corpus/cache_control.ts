/** `Cache-Control` values, of origins and of those who try to be stored. */

import type { Seed } from "../seed.ts";

/** Everything that directives are fuzzed from. */
export const CACHE_CONTROLS: readonly Seed[] = [
  { name: "nothing", input: "", expect: "" },
  {
    name: "a framework's default",
    input: "max-age=0, private, must-revalidate",
    expect: 'max-age="0"; private; must-revalidate',
  },
  {
    name: "everything at once, as old servers send it",
    input: "no-store, no-cache, must-revalidate, post-check=0, pre-check=0",
    expect:
      'no-store; no-cache; must-revalidate; post-check="0"; pre-check="0"',
  },
  {
    name: "a CDN's",
    input:
      "public, s-maxage=600, stale-while-revalidate=30, stale-if-error=86400",
    expect:
      'public; s-maxage="600"; stale-while-revalidate="30"; stale-if-error="86400"',
  },
  { name: "case", input: "MAX-AGE=60", expect: 'max-age="60"' },
  { name: "a number in quotes", input: 'max-age="60"', expect: 'max-age="60"' },
  {
    name: "fields that are private",
    input: 'private="Set-Cookie, X-A", max-age=60',
    expect: 'private="Set-Cookie, X-A"; max-age="60"',
  },
  {
    name: "of two lifetimes, the first",
    input: "max-age=1, max-age=100",
    expect: 'max-age="1"',
  },
  {
    name: "private, with and without fields, is private",
    input: 'private="a", private',
    expect: "private",
  },
  {
    name: "a directive within quotes is none",
    input: 'x="a, no-store", max-age=60',
    expect: 'x="a, no-store"; max-age="60"',
  },
  {
    name: "a quote that does not end",
    input: 'private="a, max-age=60',
    expect: "private",
  },
  {
    name: "an escaped quote",
    input: 'x="a\\"b", no-store',
    expect: 'x="a\\"b"; no-store',
  },
  {
    name: "a backslash at the end",
    input: 'x="a\\',
    expect: 'x="\\u0000"',
  },
  {
    name: "a member without a name hides none behind it",
    input: '"x", no-store, ="y", private, =, public',
    expect: "no-store; private; public",
  },
  {
    name: "spaces around the equals sign",
    input: "max-age = 60, no-store",
    expect: 'max-age="\\u0000"; no-store',
  },
  {
    name: "semicolons for commas",
    input: "no-store; max-age=60",
    expect: 'no-store; no-store;="\\u0000"',
  },
  { name: "empty members", input: ",,no-store , ,", expect: "no-store" },
  {
    name: "a lifetime that is no number",
    input: "max-age=1h, s-maxage=-1",
    expect: 'max-age="1h"; s-maxage="-1"',
  },
  {
    name: "a lifetime of 2^64",
    input: "max-age=18446744073709551616",
    expect: 'max-age="18446744073709551616"',
  },
  {
    name: "names of what all objects have",
    input: "__proto__=1, constructor, toString=2",
    expect: '__proto__="1"; constructor; tostring="2"',
  },
  {
    name: "control bytes",
    input: "no-store\0, max-age\x0b=60",
    expect: 'no-store; no-store\\u0000; max-age\\u000b="60"',
  },
];
