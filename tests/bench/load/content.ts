/** What the origin serves, as the checks expect it. */

import { random } from "../../support/random.ts";
import { bytesOf, textOf } from "../../../lib/http/bytes.ts";

/** One resource of the origin. */
export interface Resource {
  readonly path: string;
  readonly type: string;
  /** Whether a cache may keep it: for an hour, or not at all. */
  readonly isStorable: boolean;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Bytes that are sent to `/upload` and `/digest`. */
export const UPLOAD_BYTES = 65_536;
/** How many storable resources `/c/n/00000` and so on there are. */
export const NUMBERED_COUNT = 10_000;
/** Bytes of each of them. */
export const NUMBERED_BYTES = 1024;
/** Where the origin says how many requests it has had. */
export const COUNTER_PATH = "/origin-status";

const KIB = 1024;
const PLAIN = "text/plain";
const HTML = "text/html";
/** Of a type that nobody compresses, so that what is measured is not that. */
const OPAQUE = "application/octet-stream";

/** Text that compresses as pages do: few words, in any order. */
export function pageOf(bytes: number): Uint8Array<ArrayBuffer> {
  const chance = random(1);
  const words = Array.from({ length: 800 }, () => {
    const length = 2 + Math.floor(chance() * 9);
    return Array.from(
      { length },
      () => String.fromCharCode(97 + Math.floor(chance() * 26)),
    ).join("");
  });
  let text = "<!DOCTYPE html><title>Page</title>";
  while (text.length < bytes) {
    const word = words[Math.floor(chance() ** 2 * words.length)]!;
    text += chance() < 0.1 ? `</p>\n<p class="text">${word}` : ` ${word}`;
  }
  return bytesOf(text.slice(0, bytes));
}

function noise(bytes: number): Uint8Array<ArrayBuffer> {
  const chance = random(bytes);
  return Uint8Array.from({ length: bytes }, () => Math.floor(chance() * 256));
}

/** Everything but the numbered ones. */
export const RESOURCES: readonly Resource[] = [
  {
    path: "/small",
    type: PLAIN,
    isStorable: false,
    content: bytesOf("hello"),
  },
  {
    path: "/1m",
    type: OPAQUE,
    isStorable: false,
    content: noise(1024 * KIB),
  },
  {
    path: "/page",
    type: HTML,
    isStorable: false,
    content: pageOf(64 * KIB),
  },
  { path: "/c/1k", type: OPAQUE, isStorable: true, content: noise(KIB) },
  {
    path: "/c/100k",
    type: OPAQUE,
    isStorable: true,
    content: noise(100 * KIB),
  },
  {
    path: "/c/page",
    type: HTML,
    isStorable: true,
    content: pageOf(64 * KIB),
  },
  {
    path: "/c/image",
    type: "image/webp",
    isStorable: true,
    content: noise(10 * KIB),
  },
  {
    path: "/c/article",
    type: HTML,
    isStorable: true,
    content: pageOf(16 * KIB),
  },
  {
    path: "/api/orders",
    type: "application/json",
    isStorable: false,
    content: bytesOf(JSON.stringify({ orders: textOf(pageOf(700), 0, 700) })),
  },
];

/** The resource of a path. */
export function resourceAt(path: string): Resource {
  const known = RESOURCES.find((resource) => resource.path === path);
  if (known !== undefined) return known;
  return {
    path,
    type: OPAQUE,
    isStorable: true,
    content: bytesOf(numberedText(path.slice(numberedPath(0).length - 5))),
  };
}

/** The path of a numbered resource. */
export function numberedPath(number: number): string {
  return `/c/n/${String(number).padStart(5, "0")}`;
}

/** The content of a numbered resource, by the digits of its number: that, and filling. */
export function numberedText(digits: string): string {
  return digits + ".".repeat(NUMBERED_BYTES - digits.length);
}

/** What caches are told. */
export function cacheControl({ isStorable }: Resource): string {
  return isStorable ? "public, max-age=3600" : "no-store";
}
