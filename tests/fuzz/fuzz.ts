/** Trying a target, and what is found: the input, as small as it gets, and how to see it again. */

import { random } from "../support/random.ts";
import { mutate } from "./mutate.ts";
import type { Target } from "./targets.ts";

/** An input that takes longer is as good as a hang: inputs are a few hundred bytes. */
const SLOW_MS = 1000;

/** A promise that was broken. */
export interface Finding {
  readonly target: Target;
  /** The seed of the random numbers: that of the first execution which shows it. */
  readonly seed: number;
  readonly input: Uint8Array;
  readonly message: string;
}

/**
 * Tries a target with mutations of its corpus.
 *
 * @param seed Of the first execution; each that follows has the next number.
 * @returns The first finding, if there is one.
 */
export function fuzz(
  target: Target,
  seed: number,
  executions: number,
): Finding | undefined {
  for (let i = 0; i < executions; i++) {
    const own = (seed + i) >>> 0;
    const input = mutate(target, random(own));
    const message = failure(target, input, own);
    if (message === undefined) continue;
    const smallest = shrink(target, input, own);
    return {
      target,
      seed: own,
      input: smallest,
      message: failure(target, smallest, own) ?? message,
    };
  }
  return undefined;
}

/** What is wrong with how a target takes an input; undefined if nothing is. */
function failure(
  target: Target,
  input: Uint8Array,
  seed: number,
): string | undefined {
  const startedMs = performance.now();
  try {
    target.attempt(input, random(seed));
  } catch (error) {
    return String(error);
  }
  return performance.now() - startedMs > SLOW_MS ? "Too slow" : undefined;
}

/** The input without every run of bytes that does not matter. */
function shrink(
  target: Target,
  input: Uint8Array,
  seed: number,
): Uint8Array {
  let smallest = input;
  for (let size = input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < smallest.length;) {
      const less = Uint8Array.from([
        ...smallest.subarray(0, at),
        ...smallest.subarray(at + size),
      ]);
      if (failure(target, less, seed) === undefined) at += size;
      else smallest = less;
    }
  }
  return smallest;
}

/** A finding for the reader, and as a row of the target's corpus. */
export function formatFinding(
  { target, seed, input, message }: Finding,
): string {
  return `// ${target.name}, seed ${seed}: ${message.replaceAll("\n", " ")}
{
  name: "seed ${seed}: what is wrong with it",
  input: ${literal(input)},
  expect: "what is right",
},
`;
}

/** Bytes as a string literal of the source. */
function literal(input: Uint8Array): string {
  let text = "";
  for (const byte of input) {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\") text += `\\${character}`;
    else if (character === "\r") text += "\\r";
    else if (character === "\n") text += "\\n";
    else if (byte >= 0x20 && byte < 0x7f) text += character;
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}"`;
}
