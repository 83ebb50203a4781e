/**
 * Content as it is kept in the shared store: deflated once, by the node that puts it there,
 * where that makes it smaller. That is done in another thread of the runtime.
 */

import { nodeModule } from "../../net/node_module.ts";
import { CODING, type KeptContent, sumOf, type WireHead } from "./wire.ts";

/** Less content is kept as it is. */
const DEFLATED_FROM = 1024;
/** What deflating must leave at most, as part of the whole. */
const WORTH = 0.85;
/** The beginning that shows whether it is worth it. */
const SAMPLE_BYTES = 4096;
/** Fast: a level of more would take longer than the network does. */
const LEVEL = 1;

type Zlib = typeof import("node:zlib");

/** Content as it is to be kept. */
export async function keptContent(content: Uint8Array): Promise<KeptContent> {
  const { length } = content;
  const plain = { coding: CODING.None, bytes: content, length };
  if (length < DEFLATED_FROM) return plain;
  const zlib = nodeModule("node:zlib");
  const sample = content.subarray(0, SAMPLE_BYTES);
  const isWorth = (of: Uint8Array, bytes: Uint8Array): boolean =>
    bytes.length <= of.length * WORTH;
  const begun = await deflate(zlib, sample);
  if (!isWorth(sample, begun)) return plain;
  const bytes = length <= SAMPLE_BYTES ? begun : await deflate(zlib, content);
  return isWorth(content, bytes)
    ? { coding: CODING.Deflate, bytes, length }
    : plain;
}

/** The content of a record as it was; undefined if it is damaged. */
export async function plainContent(
  { coding, length, contentSum }: WireHead,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (sumOf(bytes) !== contentSum) return undefined;
  if (coding === CODING.None) {
    return bytes.length === length ? bytes : undefined;
  }
  if (coding !== CODING.Deflate) return undefined;
  const plain = await inflate(nodeModule("node:zlib"), bytes, length);
  return plain?.length === length ? plain : undefined;
}

function deflate(zlib: Zlib, bytes: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  zlib.deflateRaw(bytes, { level: LEVEL }, (error, result) => {
    if (error === null) resolve(result);
    else reject(error);
  });
  return promise;
}

/** @param length It becomes no longer than this. */
function inflate(
  zlib: Zlib,
  bytes: Uint8Array,
  length: number,
): Promise<Uint8Array | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
  const options = { maxOutputLength: Math.max(length, 1) };
  zlib.inflateRaw(bytes, options, (error, result) => {
    resolve(error === null ? result : undefined); // damaged: nothing is brought
  });
  return promise;
}
