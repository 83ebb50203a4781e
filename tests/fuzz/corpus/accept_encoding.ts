/** `Accept-Encoding` values; gzip is offered before br. */

import type { Seed } from "../seed.ts";

/** Everything that negotiation is fuzzed from. */
export const ACCEPT_ENCODINGS: readonly Seed[] = [
  {
    name: "a browser",
    input: "gzip, deflate, br, zstd",
    expect: "gzip",
  },
  { name: "nothing", input: "", expect: "none" },
  { name: "anything", input: "*", expect: "gzip" },
  { name: "weights", input: "gzip;q=0.5, br;q=1.0, *;q=0", expect: "br" },
  { name: "a space before the weight", input: "br ; q=0.7", expect: "br" },
  {
    name: "identity is preferred",
    input: "identity, gzip;q=0.5",
    expect: "none",
  },
  { name: "x-gzip", input: "x-gzip", expect: "gzip" },
  { name: "case", input: "GZIP;Q=1", expect: "gzip" },
  { name: "refused", input: "gzip;q=0, br;q=0.000", expect: "none" },
  { name: "all but one", input: "*, gzip;q=0", expect: "br" },
  { name: "nothing at all", input: "*;q=0", expect: "none" },
  { name: "a weight above one", input: "gzip;q=2", expect: "none" },
  { name: "a weight of four decimals", input: "gzip;q=0.1234", expect: "none" },
  { name: "a negative weight", input: "gzip;q=-1", expect: "none" },
  {
    name: "a weight that is no number",
    input: "gzip;q=high, br",
    expect: "br",
  },
  {
    name: "a parameter that is no weight",
    input: "gzip;level=9",
    expect: "none",
  },
  { name: "empty members", input: ",, gzip,,", expect: "gzip" },
  {
    name: "a word that begins with gzip",
    input: "gzipped, xgzip",
    expect: "none",
  },
  {
    name: "names of what all objects have",
    input: "__proto__;q=1, constructor",
    expect: "none",
  },
];
