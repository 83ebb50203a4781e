/** What is stored under a key, as people are told of it. */

import { currentAge, remainingLifetime } from "../cache/policy/reuse.ts";
import type {
  StoredEntry,
  StoredResponse,
} from "../cache/store/stored_response.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { FoundBehind } from "../handlers/cache/recall.ts";
import { isSecretHeader } from "../http/secret_header.ts";
import { type Facts, type Step, told } from "./explanation.ts";

/** Variants of which something is told. */
const VARIANTS_MAX = 20;
/** In place of what is secret. */
const MASK = "***";

/** Facts of a form, or of a decision. */
export type CachedForm = Facts;

/**
 * The step that tells what is stored in memory, and which of it the request selects.
 *
 * @param behind The slower tiers that have been looked into, and have nothing.
 */
export function storedStep(
  x: Exchange,
  behind: readonly string[],
  entry: StoredEntry | undefined,
  selected: StoredResponse | undefined,
  nowMs: number,
): Step {
  const variants = entry?.variants ?? [];
  const places = ["in memory", ...behind.map(placeOf)].join(" or ");
  const words = variants.length === 0
    ? `Nothing is stored under this key${
      behind.length === 0 ? "" : `, ${places}`
    }.`
    : selected === undefined
    ? "Responses are stored under this key; the request selects none of them."
    : "The request selects one of the responses that are stored.";
  return told("stored", words, {
    count: variants.length || undefined,
    variants: variants.slice(0, VARIANTS_MAX).map((stored) =>
      variantFacts(x, stored, stored === selected, nowMs)
    ),
    behind: behind.length > 0 ? behind : undefined,
  });
}

/** The same of one that a slower tier has, and memory has not. */
export function behindStep(
  x: Exchange,
  { stored, tier }: FoundBehind,
  nowMs: number,
): Step {
  const words = `Memory has nothing that the request selects; ${
    placeOf(tier)
  }, there is a response that it does.`;
  const variants = [variantFacts(x, stored, true, nowMs)];
  return told("stored", words, { tier, variants });
}

/** Where the first slice that the client gets is, if memory does not have it. */
export function sliceStep(tier: string | undefined): Step {
  const missing = "The first slice that the client gets is not in memory";
  return told(
    "stored",
    tier === undefined
      ? `${missing}: the origin is asked for it.`
      : `${missing}, but ${placeOf(tier)}.`,
    { tier },
  );
}

function placeOf(tier: string): string {
  switch (tier) {
    case "disk":
      return "on disk";
    case "shared":
      return "in the shared store";
    default:
      return `in the tier ${tier}`;
  }
}

function variantFacts(
  { outcome }: Exchange,
  stored: StoredResponse,
  isSelected: boolean,
  nowMs: number,
): Facts {
  const { traits, head: { metadata }, coded } = stored;
  const freshMs = remainingLifetime(metadata, nowMs);
  const { extraKey } = traits;
  return {
    isSelected,
    status: traits.status,
    sizeBytes: stored.incoming?.arrived ?? stored.wholeLength,
    sliceBytes: stored.slices?.bytes,
    isArriving: stored.isArriving || undefined,
    ageMs: currentAge(metadata, nowMs),
    lifetimeMs: metadata.lifetimeMs,
    lifetimeFrom: metadata.lifetimeFrom,
    freshForMs: freshMs > 0 ? freshMs : undefined,
    staleForMs: freshMs > 0 ? undefined : -freshMs,
    staleWhileRevalidateMs: metadata.staleWhileRevalidateMs || undefined,
    staleIfErrorMs: metadata.staleIfErrorMs,
    isMarkedStale: stored.isMarkedStale || undefined,
    noCache: metadata.noCache || undefined,
    mustRevalidate: metadata.mustRevalidate || undefined,
    etag: metadata.etag || undefined,
    lastModified: metadata.lastModified || undefined,
    vary: varyFacts(stored),
    extraKey: extraKey === ""
      ? undefined
      : extraKey === outcome.extraKey
      ? "as that of the request"
      : "another",
    tags: traits.tags.length > 0 ? traits.tags : undefined,
    coded: coded.size > 0 ? codedFacts(coded) : undefined,
  };
}

/** By name: what the request that it answers had to say; undefined if it does not vary. */
function varyFacts(
  { traits: { selecting } }: StoredResponse,
): Facts | undefined {
  if (selecting.length === 0) return undefined;
  return Object.fromEntries(selecting.map(({ name, value }) => [
    name,
    value === undefined ? null : isSecretHeader(name) ? MASK : value,
  ]));
}

/** By coding: the bytes that are kept, or how that stands. */
function codedFacts(coded: StoredResponse["coded"]): Facts {
  return Object.fromEntries([...coded].map(([coding, form]) => [
    coding,
    form instanceof Uint8Array
      ? { sizeBytes: form.length }
      : form === "none"
      ? "not available"
      : "being made",
  ]));
}
