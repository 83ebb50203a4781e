/** A lifetime in place of the origin's: never for what belongs to one client. */

import { assertEquals } from "../../support/assert.ts";
import { headOf } from "../../support/metadata.ts";
import {
  forcedDirectives,
  type ForcedRequest,
  mayForce,
} from "../../../lib/cache/policy/forced.ts";
import {
  readMetadata,
  statedDirectives,
} from "../../../lib/cache/policy/metadata.ts";
import { mayStore } from "../../../lib/cache/policy/storable.ts";
import { METHOD } from "../../../lib/http/method.ts";

const FORCE_MS = 30_000;
const TIMES = { requestMs: 0, responseMs: 0 };
const GET: ForcedRequest = { method: METHOD.Get, hasAuthorization: false };

Deno.test("a lifetime is forced on what is everybody's", async (t) => {
  const rows: [
    what: string,
    request: ForcedRequest,
    status: number,
    lines: string[],
    isForced: boolean,
  ][] = [
    ["no word", GET, 200, [], true],
    ["no-store", GET, 200, ["Cache-Control: no-store"], true],
    ["no-cache", GET, 200, ["Cache-Control: no-cache"], true],
    ["max-age", GET, 200, ["Cache-Control: max-age=9"], true],
    ["Expires", GET, 200, ["Expires: 0"], true],
    ["private", GET, 200, ["Cache-Control: private"], false],
    ["a private field", GET, 200, ['Cache-Control: private="x"'], false],
    ["a targeted private", GET, 200, ["CDN-Cache-Control: private"], false],
    ["Set-Cookie", GET, 200, ["Set-Cookie: a=1"], false],
    ["Set-Cookie2", GET, 200, ["Set-Cookie2: a=1"], false],
    ["Authorization", { ...GET, hasAuthorization: true }, 200, [], false],
    ["HEAD", { ...GET, method: METHOD.Head }, 200, [], false],
    ["POST", { ...GET, method: METHOD.Post }, 200, [], false],
    ["what is known by others", GET, 203, [], true],
    ["no content", GET, 204, [], true],
    ["several choices", GET, 300, [], true],
    ["a redirect for good", GET, 301, [], true],
    ["a redirect for good that keeps the method", GET, 308, [], true],
    ["something new", GET, 201, [], false],
    ["another reference", GET, 303, [], false],
    ["a redirect for now", GET, 302, [], false],
    ["not found", GET, 404, [], false],
    ["an error", GET, 500, [], false],
    ["a part", GET, 206, [], false],
  ];
  for (const [what, request, status, lines, isForced] of rows) {
    await t.step(what, () => {
      const response = headOf(status, ...lines);
      const stated = statedDirectives(response.fields, "");
      assertEquals(mayForce(request, response, stated), isForced);
    });
  }
});

Deno.test("a forced lifetime makes a response storable, and leaves what is not about time", async (t) => {
  const rows: [control: string, staleWhileRevalidateMs: number][] = [
    ["no-store", 0],
    ["no-cache, must-revalidate, max-age=0", 0],
    ["s-maxage=1, stale-while-revalidate=5", 5000],
    ["must-understand, proxy-revalidate", 0],
  ];
  for (const [control, staleWhileRevalidateMs] of rows) {
    await t.step(control, () => {
      const response = headOf(200, `Cache-Control: ${control}`);
      const stated = statedDirectives(response.fields, "");
      const metadata = readMetadata(
        response,
        forcedDirectives(stated, FORCE_MS),
        TIMES,
        { defaultTtlMs: 0, heuristicMaxMs: 0, targetedField: "" },
        true,
      );
      assertEquals(metadata.lifetimeMs, FORCE_MS);
      assertEquals(metadata.lifetimeFrom, "forced");
      assertEquals(metadata.noCache, false);
      assertEquals(metadata.mustRevalidate, false);
      assertEquals(metadata.staleWhileRevalidateMs, staleWhileRevalidateMs);
      const request = {
        ...GET,
        hasCookie: true,
        noStore: false,
        isOwnLocation: false,
      };
      assertEquals(mayStore(request, response, metadata).reason, "fresh");
    });
  }
});

Deno.test("where a response says nothing of staleness, the operator does", async (t) => {
  const rows: [
    control: string,
    whileMs: number,
    errorMs: number | undefined,
  ][] = [
    ["max-age=1", 7000, 7000],
    ["max-age=1, stale-while-revalidate=2", 2000, undefined],
    ["max-age=1, stale-if-error=3", 0, 3000],
    ["s-maxage=1", 0, undefined],
    // As if it said so itself: what is never fresh is served while it is fetched again.
    ["max-age=0", 7000, 7000],
  ];
  for (const [control, whileMs, errorMs] of rows) {
    await t.step(control, () => {
      const response = headOf(200, `Cache-Control: ${control}`);
      const { staleWhileRevalidateMs, staleIfErrorMs } = readMetadata(
        response,
        statedDirectives(response.fields, ""),
        TIMES,
        {
          defaultTtlMs: 0,
          heuristicMaxMs: 0,
          staleMs: 7000,
          targetedField: "",
        },
        true,
      );
      assertEquals([staleWhileRevalidateMs, staleIfErrorMs], [
        whileMs,
        errorMs,
      ]);
    });
  }
});
