/** What the cache and the codings decide about one exchange. */

import { assert } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import {
  NO_DIRECTIVES,
  parseDirectives,
} from "../../lib/cache/policy/directives.ts";
import {
  readMetadata,
  statedDirectives,
} from "../../lib/cache/policy/metadata.ts";
import { reuse } from "../../lib/cache/policy/reuse.ts";
import { mayStore } from "../../lib/cache/policy/storable.ts";
import { COMPRESSIBLE_TYPES, isEligible } from "../../lib/coding/eligible.ts";
import { CODINGS, negotiate } from "../../lib/coding/negotiate.ts";
import { parseHttpDate } from "../../lib/http/date.ts";
import { METHOD } from "../../lib/http/method.ts";
import { ResponseHead } from "../../lib/http/response_head.ts";
import { RESPONSE } from "./messages.ts";

const DATE = "Tue, 24 Nov 2026 13:36:42 GMT";
const ARRIVAL_MS = Date.parse(DATE);
const TIMES = { requestMs: ARRIVAL_MS, responseMs: ARRIVAL_MS };
const POLICY = { defaultTtlMs: 0, heuristicMaxMs: 60_000, targetedField: "" };
const ACCEPTED = "gzip, deflate, br, zstd";
const ELIGIBILITY = { bytesMin: 1024, types: new Set(COMPRESSIBLE_TYPES) };
const REQUEST = {
  method: METHOD.Get,
  hasAuthorization: false,
  hasCookie: true,
  noStore: false,
  isOwnLocation: false,
};

const response = new ResponseHead();
response.begin(0, LIMITS, METHOD.Get);
assert(response.parse(RESPONSE, RESPONSE.length));
const stated = statedDirectives(response.fields, "");
const metadata = readMetadata(response, stated, TIMES, POLICY, false);
const wishes = parseDirectives("max-age=60, min-fresh=5");

Deno.bench("storable: directives of the response", () => {
  statedDirectives(response.fields, "");
});
Deno.bench("storable: metadata of the response", () => {
  readMetadata(response, stated, TIMES, POLICY, false);
});
Deno.bench("storable: decision", () => {
  mayStore(REQUEST, response, metadata);
});

const REUSE = "reuse of a stored response";
Deno.bench({ name: "a plain request", group: REUSE, baseline: true }, () => {
  reuse(metadata, NO_DIRECTIVES, ARRIVAL_MS + 1000);
});
Deno.bench({ name: "a request with wishes", group: REUSE }, () => {
  reuse(metadata, wishes, ARRIVAL_MS + 1000);
});

const NEGOTIATION = "negotiation";
Deno.bench(
  { name: "look for a word", group: NEGOTIATION, baseline: true },
  () => {
    /\bgzip\b/.test(ACCEPTED);
  },
);
Deno.bench({ name: "negotiate", group: NEGOTIATION }, () => {
  negotiate(ACCEPTED, CODINGS);
});
Deno.bench("eligible for a coding", () => {
  isEligible(response.status, response.fields, 1024, ELIGIBILITY);
});

Deno.bench(
  { name: "the runtime's parser", group: "date", baseline: true },
  () => {
    Date.parse(DATE);
  },
);
Deno.bench({ name: "parse", group: "date" }, () => {
  parseHttpDate(DATE, 0);
});
