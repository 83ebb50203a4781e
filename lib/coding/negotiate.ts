/** Chooses the content coding of a response from `Accept-Encoding` (RFC 9110 §12.5.3, pure). */

import { trimmed } from "../http/list.ts";
import { isToken } from "../http/bytes.ts";

/** The codings that sluice makes, by their names in `Content-Encoding`. */
export type Coding = "gzip" | "br";

/** The form in which content is sent when it is not as it was stored: encoded, or decoded. */
export type ContentForm = Coding | "identity";

/** The codings that sluice makes. */
export const CODINGS: readonly Coding[] = ["gzip", "br"];

const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/** Weights by coding in lower case; malformed members are ignored. */
function readWeights(text: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const member of text.split(",")) {
    const semicolon = member.indexOf(";");
    const name = trimmed(semicolon < 0 ? member : member.slice(0, semicolon))
      .toLowerCase();
    const weight = semicolon < 0
      ? 1
      : WEIGHT.exec(trimmed(member.slice(semicolon + 1)))?.[1];
    if (weight === undefined || !isToken(name)) continue;
    weights.set(name === "x-gzip" ? "gzip" : name, Number(weight));
  }
  return weights;
}

/**
 * Chooses the coding of a response.
 *
 * @param acceptEncoding The request's `Accept-Encoding`, its lines joined with
 *   commas; undefined if it has none.
 * @param offered The codings that can be made, in order of preference.
 * @returns Undefined for no coding: the client prefers or takes nothing else, or
 *   takes nothing at all that there is (then it gets what there is).
 */
export function negotiate(
  acceptEncoding: string | undefined,
  offered: readonly Coding[],
): Coding | undefined {
  if (acceptEncoding === undefined) return undefined;
  const weights = readWeights(acceptEncoding);
  const others = weights.get("*") ?? 0;
  let best: Coding | undefined;
  // A client that names no weight for identity takes it, but would rather have less.
  let bestWeight = weights.get("identity") ?? 0;
  for (const coding of offered) {
    const weight = weights.get(coding) ?? others;
    const isBetter = best === undefined
      ? weight > 0 && weight >= bestWeight
      : weight > bestWeight;
    if (!isBetter) continue;
    best = coding;
    bestWeight = weight;
  }
  return best;
}

/**
 * The codings that the origin is asked for on behalf of all clients that `negotiate`
 * alike, so that what it sends is one copy for all of them: gzip, which nearly all
 * take and can be taken off again, or none. Brotli is made here, where the content
 * is not coded yet.
 *
 * @returns A value of `Accept-Encoding`; undefined if neither would do: the client's
 *   own is to be sent.
 */
export function askedCoding(
  acceptEncoding: string,
): "gzip" | "identity" | undefined {
  if (negotiate(acceptEncoding, ["gzip"]) === "gzip") return "gzip";
  const weights = readWeights(acceptEncoding);
  const identity = weights.get("identity") ?? (weights.get("*") === 0 ? 0 : 1);
  return identity > 0 ? "identity" : undefined;
}
