/** May a response be stored? A row for each clause of RFC 9111 §3: the verdict, and the reason for it. */

import {
  concernsOneRequest,
  forbiddenOutright,
  mayStore,
  type SetCookiePolicy,
  type StorableRequest,
} from "../../../lib/cache/policy/storable.ts";
import { METHOD } from "../../../lib/http/method.ts";
import { type Reason, REASONS } from "../../../lib/reasons/reason.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { headOf, metadataFor } from "../../support/metadata.ts";

const GET: StorableRequest = {
  method: METHOD.Get,
  hasAuthorization: false,
  hasCookie: false,
  noStore: false,
  isOwnLocation: false,
};
const FRESH = "Cache-Control: max-age=60";
const TAG = 'ETag: "a"';
const COOKIE = "Set-Cookie: a=1";

interface Row {
  readonly rule: string;
  /** What differs from a plain GET. */
  readonly request?: Partial<StorableRequest>;
  readonly status?: number;
  readonly says: readonly string[];
  readonly setCookie?: SetCookiePolicy;
  readonly verdict: boolean;
  readonly reason: Reason;
  /** Whether the refusal is about this request only. */
  readonly isOfOne?: boolean;
}

const ROWS: readonly Row[] = [
  // The request's method.
  { rule: "GET", says: [FRESH], verdict: true, reason: "fresh" },
  {
    rule: "the method is understood, but is not GET",
    request: { method: METHOD.Put },
    says: [FRESH],
    verdict: false,
    reason: "method",
    isOfOne: true,
  },
  {
    rule: "HEAD has no content to store",
    request: { method: METHOD.Head },
    says: [FRESH],
    verdict: false,
    reason: "method",
    isOfOne: true,
  },
  {
    rule: "POST with its own Content-Location and a lifetime",
    request: { method: METHOD.Post, isOwnLocation: true },
    says: [FRESH],
    verdict: true,
    reason: "fresh",
  },
  {
    rule: "POST without Content-Location",
    request: { method: METHOD.Post },
    says: [FRESH],
    verdict: false,
    reason: "post-location",
    isOfOne: true,
  },
  {
    rule: "POST without a lifetime",
    request: { method: METHOD.Post, isOwnLocation: true },
    says: [TAG],
    verdict: false,
    reason: "post-lifetime",
    isOfOne: true,
  },
  {
    rule: "POST with a lifetime of nothing",
    request: { method: METHOD.Post, isOwnLocation: true },
    says: ["Cache-Control: max-age=0", TAG],
    verdict: false,
    reason: "post-lifetime",
    isOfOne: true,
  },
  {
    rule: "POST with a guessed lifetime",
    request: { method: METHOD.Post, isOwnLocation: true },
    says: ["Last-Modified: Thu, 01 Jan 1960 00:00:00 GMT"],
    verdict: false,
    reason: "post-lifetime",
    isOfOne: true,
  },
  // The status.
  {
    rule: "a part",
    status: 206,
    says: [FRESH, "Content-Range: bytes 0-0/2"],
    verdict: false,
    reason: "partial",
    isOfOne: true,
  },
  {
    rule: "304",
    status: 304,
    says: [FRESH],
    verdict: false,
    reason: "not-modified",
    isOfOne: true,
  },
  ...[
    ...[400, 412, 413, 414, 416, 417, 425, 426, 428, 429, 431, 511],
  ].map((status): Row => ({
    rule: "a status that is about one request",
    status,
    says: [FRESH],
    verdict: false,
    reason: "status-of-request",
    isOfOne: true,
  })),
  ...[200, 203, 204, 300, 301, 308, 404, 405, 410, 501].map((status): Row => ({
    rule: "a status that is heuristically cacheable",
    status,
    says: [TAG],
    verdict: true,
    reason: "validator",
  })),
  ...[201, 302, 307, 403, 500, 503].map((status): Row => ({
    rule: "a status that is not",
    status,
    says: [TAG],
    verdict: false,
    reason: "status",
  })),
  {
    rule: "any other status with max-age",
    status: 503,
    says: [FRESH],
    verdict: true,
    reason: "fresh",
  },
  {
    rule: "any other status with Expires",
    status: 302,
    says: ["Expires: Thu, 01 Jan 1970 00:01:00 GMT"],
    verdict: true,
    reason: "fresh",
  },
  {
    rule: "any other status with public",
    status: 302,
    says: ["Cache-Control: public", TAG],
    verdict: true,
    reason: "validator",
  },
  // must-understand and no-store.
  {
    rule: "must-understand, and the status is understood",
    says: ["Cache-Control: must-understand, no-store, max-age=60"],
    verdict: true,
    reason: "fresh",
  },
  ...[
    ...[201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308],
    ...[401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 415, 421, 422],
    ...[500, 501, 502, 503, 504, 505],
  ].map((status): Row => ({
    rule: "must-understand, and the status is understood (RFC 9110 §15)",
    status,
    says: ["Cache-Control: must-understand, no-store, max-age=60"],
    verdict: true,
    reason: "fresh",
  })),
  {
    rule: "must-understand, and it is not",
    status: 299,
    says: ["Cache-Control: must-understand, no-store, max-age=60"],
    verdict: false,
    reason: "must-understand",
  },
  {
    rule: "no-store",
    says: ["Cache-Control: max-age=60, no-store", TAG],
    verdict: false,
    reason: "no-store",
  },
  {
    rule: "no-store of the request",
    request: { noStore: true },
    says: [FRESH],
    verdict: false,
    reason: "request-no-store",
    isOfOne: true,
  },
  // private.
  {
    rule: "private",
    says: ["Cache-Control: max-age=60, private"],
    verdict: false,
    reason: "private",
  },
  {
    rule: "private names a header: the rest may be stored",
    says: ['Cache-Control: max-age=60, private="x-user"'],
    verdict: true,
    reason: "fresh",
  },
  {
    rule: "private names what the rest cannot be read without",
    says: ['Cache-Control: max-age=60, private="content-encoding"'],
    verdict: false,
    reason: "private",
  },
  // Authorization (§3.5).
  {
    rule: "Authorization",
    request: { hasAuthorization: true },
    says: [FRESH],
    verdict: false,
    reason: "authorization",
    isOfOne: true,
  },
  ...["public", "s-maxage=60", "must-revalidate"].map((word): Row => ({
    rule: `Authorization, and ${word}`,
    request: { hasAuthorization: true },
    says: [`Cache-Control: max-age=60, ${word}`],
    verdict: true,
    reason: "fresh",
  })),
  {
    rule: "Authorization, and proxy-revalidate, which allows nothing",
    request: { hasAuthorization: true },
    says: ["Cache-Control: max-age=60, proxy-revalidate"],
    verdict: false,
    reason: "authorization",
    isOfOne: true,
  },
  // Vary (§4.1).
  {
    rule: "Vary: *",
    says: [FRESH, "Vary: accept, *"],
    verdict: false,
    reason: "vary-star",
  },
  {
    rule: "Vary with names",
    says: [FRESH, "Vary: accept"],
    verdict: true,
    reason: "fresh",
  },
  // Cookies (§7.3).
  {
    rule: "Set-Cookie",
    says: [FRESH, COOKIE],
    verdict: false,
    reason: "set-cookie",
  },
  {
    rule: "Set-Cookie that no-cache names",
    says: ['Cache-Control: max-age=60, no-cache="set-cookie"', COOKIE],
    verdict: true,
    reason: "fresh",
  },
  ...["strip", "store"].map((setCookie): Row => ({
    rule: `Set-Cookie, and the operator says ${setCookie}`,
    setCookie: setCookie as SetCookiePolicy,
    says: [FRESH, COOKIE],
    verdict: true,
    reason: "fresh",
  })),
  {
    rule: "Set-Cookie without a lifetime, whatever the operator says",
    setCookie: "strip",
    says: [TAG, COOKIE],
    verdict: false,
    reason: "set-cookie",
  },
  {
    rule: "Cookie, and nothing says that it is for all",
    request: { hasCookie: true },
    says: [TAG],
    verdict: false,
    reason: "cookie",
    isOfOne: true,
  },
  {
    rule: "Cookie and public",
    request: { hasCookie: true },
    says: ["Cache-Control: public", TAG],
    verdict: true,
    reason: "validator",
  },
  {
    rule: "Cookie and a lifetime",
    request: { hasCookie: true },
    says: [FRESH],
    verdict: true,
    reason: "fresh",
  },
  // Whether it gains anything.
  { rule: "a validator", says: [TAG], verdict: true, reason: "validator" },
  {
    rule: "neither lifetime nor validator",
    says: [],
    verdict: false,
    reason: "no-lifetime",
  },
  {
    rule: "it has arrived stale, without a validator",
    says: ["Cache-Control: max-age=60", "Age: 60"],
    verdict: false,
    reason: "no-lifetime",
  },
  {
    rule: "… but just so",
    says: ["Cache-Control: max-age=60", "Age: 59"],
    verdict: true,
    reason: "fresh",
  },
  {
    rule: "it has arrived stale, and may be used so",
    says: ["Cache-Control: max-age=60, stale-while-revalidate=9", "Age: 60"],
    verdict: true,
    reason: "fresh",
  },
  {
    rule: "no-cache without a validator",
    says: ["Cache-Control: max-age=60, no-cache"],
    verdict: false,
    reason: "no-cache",
  },
  {
    rule: "no-cache with a validator",
    says: ["Cache-Control: max-age=60, no-cache", TAG],
    verdict: true,
    reason: "validator",
  },
];

Deno.test("mayStore() gives the right answer for the right reason", async (t) => {
  for (const row of ROWS) {
    const { rule, request, status = 200, says, setCookie } = row;
    await t.step(`${rule}: ${status} ${says.join(" | ")}`, () => {
      const head = headOf(status, ...says);
      const metadata = metadataFor(head);
      const asked = { ...GET, ...request };
      const made = mayStore(asked, head, metadata, setCookie);
      assertEquals([made.verdict, made.reason], [row.verdict, row.reason]);
      assertEquals(made.source, REASONS[row.reason].source);
      if (!row.verdict) {
        assertEquals(concernsOneRequest(made.reason), row.isOfOne ?? false);
      }
      // What is forbidden outright is so for the same reason.
      const outright = forbiddenOutright(asked, head, metadata.directives);
      if (outright !== undefined) assertEquals(outright, made);
    });
  }
});

Deno.test("of several reasons the first of RFC 9111 §3 is given", () => {
  const head = headOf(206, "Cache-Control: no-store, private", "Vary: *");
  const asked = { ...GET, method: METHOD.Put, hasAuthorization: true };
  const reasons = [asked, { ...asked, noStore: true }].map((request) =>
    mayStore(request, head, metadataFor(head)).reason
  );
  assertEquals(reasons, ["partial", "request-no-store"]);
});

Deno.test("a bypass concerns one request, whatever its kind", () => {
  assert(concernsOneRequest("upgrade"));
  assert(concernsOneRequest("target-override"));
  assert(!concernsOneRequest("too-large"));
});
