/**
 * Random exchanges against a plain, slow reference that was written from the text of
 * RFC 9111 and shares no code with the program: what the program would serve without
 * asking, the reference must allow.
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { LIMITS } from "../../support/splits.ts";
import { parseDirectives } from "../../../lib/cache/policy/directives.ts";
import {
  readMetadata,
  statedDirectives,
} from "../../../lib/cache/policy/metadata.ts";
import { reuse } from "../../../lib/cache/policy/reuse.ts";
import { mayStore } from "../../../lib/cache/policy/storable.ts";
import { METHOD } from "../../../lib/http/method.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import { ResponseHead } from "../../../lib/http/response_head.ts";

const ROUNDS = 30_000;
const START_MS = Date.UTC(2026, 10, 24);

/** One response, one request for it, and when; times in seconds after the start. */
interface Scene {
  readonly status: number;
  readonly control: readonly string[];
  readonly age: number | undefined;
  readonly date: number;
  readonly expires: number | undefined;
  readonly lastModified: number | undefined;
  readonly hasEtag: boolean;
  readonly hasSetCookie: boolean;
  readonly firstControl: readonly string[];
  readonly hasAuthorization: boolean;
  readonly hasCookie: boolean;
  readonly hasQuery: boolean;
  readonly asked: number;
  readonly answered: number;
  readonly control2: readonly string[];
  readonly now: number;
}

function sceneOf(next: () => number): Scene {
  const pick = (count: number): number => Math.floor(next() * count);
  const maybe = (chance: number): boolean => next() < chance;
  const some = (chance: number, ...directives: string[]): string[] =>
    directives.filter(() => maybe(chance));
  const asked = pick(10);
  const answered = asked + pick(10);
  return {
    status: [
      200,
      200,
      200,
      201,
      204,
      206,
      299,
      302,
      304,
      404,
      412,
      500,
      503,
    ][pick(13)]!,
    control: [
      ...some(0.4, `max-age=${pick(100)}`),
      ...some(0.2, `s-maxage=${pick(100)}`),
      ...some(
        0.08,
        "no-store",
        "private",
        "no-cache",
        "must-understand",
        "must-revalidate",
        "proxy-revalidate",
        "public",
      ),
      ...some(0.15, `stale-while-revalidate=${pick(50)}`),
      ...some(0.03, "max-age=x"),
    ],
    age: maybe(0.3) ? pick(60) : undefined,
    date: answered - pick(30) + pick(10),
    expires: maybe(0.3) ? pick(150) - 30 : undefined,
    lastModified: maybe(0.4) ? -pick(2000) : undefined,
    hasEtag: maybe(0.3),
    hasSetCookie: maybe(0.15),
    firstControl: some(0.05, "no-store"),
    hasAuthorization: maybe(0.15),
    hasCookie: maybe(0.15),
    hasQuery: maybe(0.15),
    asked,
    answered,
    control2: [
      ...some(
        0.1,
        `max-age=${pick(80)}`,
        `min-fresh=${pick(40)}`,
        `max-stale=${pick(60)}`,
      ),
      ...some(0.03, "no-cache", "max-stale"),
    ],
    now: answered + pick(120),
  };
}

/** Whether RFC 9111 lets this be served without asking the origin: the reference. */
function isAllowed(scene: Scene): boolean {
  const { control, status } = scene;
  const says = (name: string): boolean => control.includes(name);
  const valueIn = (
    list: readonly string[],
    name: string,
  ): number | undefined => {
    const found = list.find((directive) => directive.startsWith(`${name}=`));
    return found === undefined
      ? undefined
      : Number(found.slice(name.length + 1)) || 0;
  };
  const shared = valueIn(control, "s-maxage");
  const maxAge = valueIn(control, "max-age");
  // §3: a cache MUST NOT store a response unless …
  if (status === 206 || status === 304) return false; // incomplete, and never a representation
  if (says("must-understand") && status === 299) return false;
  if (says("no-store") && !says("must-understand")) return false;
  if (scene.firstControl.includes("no-store") || says("private")) return false;
  if (
    scene.hasAuthorization && !says("public") && !says("must-revalidate") &&
    shared === undefined
  ) return false;
  if (scene.hasSetCookie) return false; // RFC 9111 §7.3: the cookie is not everybody's
  const heuristic =
    [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501].includes(status) ||
    says("public");
  if (
    scene.expires === undefined && maxAge === undefined &&
    shared === undefined && !heuristic
  ) return false;
  // §4.2.1 and §4.2.2
  let lifetime = 0;
  if (shared !== undefined) lifetime = shared;
  else if (maxAge !== undefined) lifetime = maxAge;
  else if (scene.expires !== undefined) lifetime = scene.expires - scene.date;
  else if (
    scene.lastModified !== undefined && !scene.hasQuery && !scene.hasCookie
  ) {
    lifetime = Math.min((scene.date - scene.lastModified) / 10, 60);
  }
  // §4.2.3
  const apparent = Math.max(0, scene.answered - scene.date);
  const corrected = (scene.age ?? 0) + scene.answered - scene.asked;
  const age = Math.max(apparent, corrected) + scene.now - scene.answered;
  // §5.2.1 and §5.2.2
  if (says("no-cache") || scene.control2.includes("no-cache")) return false;
  const wished = valueIn(scene.control2, "max-age");
  if (wished !== undefined && age > wished) return false;
  const reserve = valueIn(scene.control2, "min-fresh");
  if (reserve !== undefined && lifetime - age < reserve) return false;
  if (age < lifetime) return true;
  // §4.2.4
  if (says("must-revalidate") || says("proxy-revalidate")) return false;
  const tolerated = shared !== undefined
    ? -1
    : scene.control2.includes("max-stale")
    ? Infinity
    : valueIn(scene.control2, "max-stale") ?? -1;
  if (age - lifetime <= tolerated) return true;
  return age - lifetime < (valueIn(control, "stale-while-revalidate") ?? 0); // RFC 5861 §3
}

/** What the program would do. */
function verdictOf(scene: Scene): "use" | "refresh" | "validate" | "unstored" {
  const at = (seconds: number): number => START_MS + seconds * 1000;
  const date = (seconds: number): string => new Date(at(seconds)).toUTCString();
  const lines = [
    `HTTP/1.1 ${scene.status} x`,
    `Date: ${date(scene.date)}`,
    ...scene.control.length > 0
      ? [`Cache-Control: ${scene.control.join(", ")}`]
      : [],
    ...scene.age === undefined ? [] : [`Age: ${scene.age}`],
    ...scene.expires === undefined ? [] : [`Expires: ${date(scene.expires)}`],
    ...scene.lastModified === undefined
      ? []
      : [`Last-Modified: ${date(scene.lastModified)}`],
    ...scene.hasEtag ? ['ETag: "a"'] : [],
    ...scene.hasSetCookie ? ["Set-Cookie: a=b"] : [],
  ];
  const bytes = bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
  const response = new ResponseHead();
  response.begin(0, LIMITS, METHOD.Get);
  assert(response.parse(bytes, bytes.length));
  const metadata = readMetadata(
    response,
    statedDirectives(response.fields, ""),
    { requestMs: at(scene.asked), responseMs: at(scene.answered) },
    { defaultTtlMs: 0, heuristicMaxMs: 60_000, targetedField: "" },
    scene.hasCookie,
    scene.hasQuery,
  );
  const { verdict } = mayStore(
    {
      method: METHOD.Get,
      hasAuthorization: scene.hasAuthorization,
      hasCookie: scene.hasCookie,
      noStore: scene.firstControl.includes("no-store"),
      isOwnLocation: false,
    },
    response,
    metadata,
  );
  if (!verdict) return "unstored";
  const directives = parseDirectives(scene.control2.join(", "));
  return reuse(metadata, directives, at(scene.now)).verdict;
}

Deno.test(`${ROUNDS} random exchanges: nothing is served that the reference forbids`, () => {
  const next = random(20261124);
  const counts = { use: 0, refresh: 0, validate: 0, unstored: 0 };
  let missed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const scene = sceneOf(next);
    const verdict = verdictOf(scene);
    counts[verdict]++;
    const allowed = isAllowed(scene);
    const serves = verdict === "use" || verdict === "refresh";
    assert(
      !serves || allowed,
      `round ${round}: ${verdict} ${JSON.stringify(scene)}`,
    );
    if (allowed && !serves) missed++;
  }
  // The test would be empty if nothing were ever served, or chances were left unused.
  for (const count of Object.values(counts)) {
    assert(count > ROUNDS / 1000, JSON.stringify(counts));
  }
  assertEquals(
    missed < ROUNDS / 50,
    true,
    `${missed} could have been served: ${JSON.stringify(counts)}`,
  );
});
