/** The router against another one that is too simple to be wrong, on random patterns and paths. */

import { compileRouter, RouterError } from "../../lib/router/compile.ts";
import { routeRequest } from "../../lib/router/route_request.ts";
import type { Router } from "../../lib/router/router.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { random } from "../support/random.ts";

const ROUNDS = 1000;
const PATHS_A_ROUND = 40;

/** A pattern as a regular expression, from the words of the documents. */
function expressionOf(pattern: string): RegExp {
  if (pattern === "/") return /^\//;
  const below = pattern.endsWith("/*");
  const source = (below ? pattern.slice(0, -2) : pattern)
    .replaceAll(".", "\\.").replaceAll("*", "[^/]+");
  return new RegExp(`^${source}${below ? "(?:/.*)?" : ""}$`);
}

/** Larger is more specific. */
function rankOf(pattern: string): readonly number[] {
  const isExact = pattern !== "/" && !pattern.includes("*");
  const star = pattern.indexOf("*");
  const before = star < 0 ? pattern.length : star;
  return [Number(isExact), before, pattern.replaceAll("*", "").length];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : b[at]! - a[at]!;
}

function reference(patterns: readonly string[], path: string): string[] {
  const found = patterns.filter((pattern) => expressionOf(pattern).test(path))
    .toSorted((a, b) => compare(rankOf(a), rankOf(b)));
  return found.filter((pattern) =>
    compare(rankOf(pattern), rankOf(found[0]!)) === 0
  );
}

Deno.test("random patterns take the paths that they say", () => {
  const chance = random(14);
  const pick = (items: string): string =>
    items[Math.floor(chance() * items.length)]!;
  const text = (characters: string, most: number): string =>
    "/" +
    Array.from({ length: Math.floor(chance() * most) }, () => pick(characters))
      .join("");
  let compiled = 0;
  let conflicts = 0;
  let routed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const patterns = [
      ...new Set(
        Array.from(
          { length: 1 + Math.floor(chance() * 8) },
          () =>
            text("aab//**.", 7).replaceAll(/\*+/g, "*")
              .replaceAll(/(?<=\/)\.+(?=\/|$)/g, "b"),
        ),
      ),
    ].filter((pattern, _, all) => pattern !== "/*" || !all.includes("/"));
    const paths = Array.from(
      { length: PATHS_A_ROUND },
      () => text("aaab///.", 8).replaceAll(/(?<=\/)\.+(?=\/|$)/g, "b"),
    );
    let router: Router<string>;
    try {
      router = compileRouter([{
        names: ["*"],
        routes: patterns.map((pattern) => ({ pattern, value: pattern })),
      }]);
      compiled++;
    } catch (error) {
      assert(error instanceof RouterError);
      conflicts++;
      // What the message names is a path that both take.
      const [, a, b, path] =
        /^The paths "(.*)" and "(.*)" are .* both match "(.*)"$/
          .exec(error.message.split("\n")[0]!)!;
      assertEquals(compare(rankOf(a!), rankOf(b!)), 0);
      assert(expressionOf(a!).test(path!), error.message);
      assert(expressionOf(b!).test(path!), error.message);
      continue;
    }
    for (const path of paths) {
      const expected = reference(patterns, path);
      const { match } = routeRequest(router, "GET", path);
      assert(expected.length <= 1, `${patterns} accepted, yet ${expected}`);
      assertEquals(match?.value, expected[0], `${patterns.join(" ")}: ${path}`);
      if (match !== undefined) routed++;
    }
  }
  assert(compiled > ROUNDS / 2 && conflicts > 20 && routed > 3_000);
});
