/**
 * Canaries: which part of an upstream's servers a request belongs to (pure).
 *
 * A server with a condition is for the requests that meet it, and for no others;
 * servers with a percentage get that share of the rest; the others get what is left.
 * Each part's answers are cached apart.
 */

import { hashOfText } from "./consistent_hash.ts";
import type { Random } from "./candidate.ts";

/** What a server's options say of its part. */
export interface PartOptions {
  readonly address: { readonly authority: string };
  readonly percent: number | undefined;
  /** A condition; undefined for none. */
  readonly when: object | undefined;
}

/** The parts of an upstream. */
export interface Parts {
  /** By server: the number of its part. */
  readonly numbers: readonly number[];
  /** By part: what tells it from others, also after a reload; empty for the first. */
  readonly names: readonly string[];
}

/**
 * Parts an upstream. Servers with the same condition are one part, as are those with
 * none; each percentage is one of its own.
 */
export function partsOf(servers: readonly PartOptions[]): Parts {
  const known = new Map<string, number>([["", 0]]);
  const numbers = servers.map(({ percent, when, address }) => {
    const name = when !== undefined
      ? `when ${JSON.stringify(when)}`
      : percent !== undefined
      ? `percent ${address.authority}`
      : "";
    const number = known.get(name) ?? known.size;
    known.set(name, number);
    return number;
  });
  const names = [...known.keys()].map((name) =>
    name === "" ? "" : hashOfText(name).toString(36)
  );
  return { numbers, names };
}

/**
 * Draws a part by percentages.
 *
 * @param percents By part: its share of all requests, 0 for none.
 * @returns Its number; 0 for what is left.
 */
export function drawPart(percents: readonly number[], random: Random): number {
  let left = random() * 100;
  for (let part = 0; part < percents.length; part++) {
    left -= percents[part]!;
    if (left < 0) return part;
  }
  return 0;
}
