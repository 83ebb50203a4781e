/**
 * Bytes in pieces: the ways in which a network may hand a message to a parser,
 * and what the parsers make of it, as plain values that can be compared.
 */

import { ChunkedDecoder } from "../../lib/http/chunked.ts";
import { HttpError } from "../../lib/http/error.ts";
import type { HeadLimits } from "../../lib/http/head.ts";
import { METHOD } from "../../lib/http/method.ts";
import { textOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { ResponseHead } from "../../lib/http/response_head.ts";
import type { FieldSection } from "../../lib/http/section.ts";

/** Bounds as the program's defaults have them. */
export const LIMITS: HeadLimits = {
  headBytesMax: 32 * 1024,
  targetBytesMax: 8 * 1024,
  fieldCountMax: 100,
};

/** Bytes that have not arrived: they read as obs-text, which every value may hold. */
const GARBAGE = 0xee;

/** What became of bytes: a description, `more`, or the code of an error. */
export type Outcome = Readonly<Record<string, unknown>> | string;

/** A parser that is given all bytes so far and returns what it makes of them. */
export interface Subject {
  /** @returns Undefined as long as it wants more. */
  feed(bytes: Uint8Array, end: number): Outcome | undefined;
  /** The bytes so far now stand `delta` further on, in `bytes`. */
  move(bytes: Uint8Array, delta: number): void;
}

/** Makes a subject whose message begins at `start`. */
export type Making = (start: number) => Subject;

/** The request head's parser. */
export function requestHead(
  limits: HeadLimits = LIMITS,
): Making {
  return (start) => {
    const head = new RequestHead();
    head.begin(start, limits);
    return {
      feed: (bytes, end) => {
        if (!head.parse(bytes, end)) return undefined;
        // A complete head may be moved, too.
        const moved = new Uint8Array(bytes.length + 3);
        moved.set(bytes, 3);
        head.shift(moved, 3);
        return request(head);
      },
      move: (bytes, delta) => head.shift(bytes, delta),
    };
  };
}

/** The response head's parser. */
export function responseHead(
  method: number = METHOD.Get,
  limits: HeadLimits = LIMITS,
): Making {
  return (start) => {
    const head = new ResponseHead();
    head.begin(start, limits, method);
    return {
      feed: (bytes, end) => head.parse(bytes, end) ? response(head) : undefined,
      move: (bytes, delta) => head.shift(bytes, delta),
    };
  };
}

/** The decoder of chunked bodies, of a client's or an origin's; its runs are joined. */
export function chunkedBody(isResponse = false): Making {
  return (start) => {
    const decoder = new ChunkedDecoder();
    decoder.begin(isResponse);
    let at = start;
    let content = "";
    return {
      feed(bytes, end): Outcome | undefined {
        while (at < end && !decoder.done) {
          const next = decoder.decode(bytes, at, end);
          content += textOf(bytes, decoder.dataStart, decoder.dataEnd);
          if (next === at && decoder.dataEnd === decoder.dataStart) break;
          at = next;
        }
        if (!decoder.done) return undefined;
        const trailers = linesOf(decoder.trailers);
        return { content, trailers, rest: textOf(bytes, at, end).length };
      },
      move(bytes, delta): void {
        at += delta;
        decoder.shift(bytes, delta);
      },
    };
  };
}

function request(head: RequestHead): Outcome {
  const { target } = head;
  return {
    method: head.methodText,
    target: head.targetText,
    form: target.form,
    authority: textOf(head.bytes, target.authorityStart, target.authorityEnd),
    path: textOf(head.bytes, target.pathStart, head.targetEnd),
    minorVersion: head.minorVersion,
    fields: linesOf(head.fields),
    framing: head.framing,
    persists: head.persists,
    length: head.end - head.start,
  };
}

function response(head: ResponseHead): Outcome {
  return {
    status: head.status,
    reason: textOf(head.bytes, head.reasonStart, head.reasonEnd),
    minorVersion: head.minorVersion,
    fields: linesOf(head.fields),
    framing: head.framing,
    persists: head.persists,
    length: head.end - head.start,
  };
}

function linesOf(fields: FieldSection): string[] {
  return [...fields.lines()].map(([name, value]) => `${name}: ${value}`);
}

/** What becomes of bytes that arrive whole. */
export function whole(making: Making, bytes: Uint8Array): Outcome {
  return inPieces(making, bytes, [bytes.length]);
}

/**
 * What becomes of bytes that arrive up to each of `ends` in turn.
 *
 * @param moves Whether the buffer is replaced, at another offset, between pieces;
 *   then it holds garbage behind the bytes that have arrived.
 */
export function inPieces(
  making: Making,
  message: Uint8Array,
  ends: readonly number[],
  moves = false,
): Outcome {
  let offset = 0;
  const subject = making(0);
  let bytes = message;
  try {
    for (const [index, end] of ends.entries()) {
      if (moves) {
        const next = index % 3;
        bytes = new Uint8Array(message.length + next).fill(GARBAGE);
        bytes.set(message.subarray(0, end), next);
        subject.move(bytes, next - offset);
        offset = next;
      }
      const outcome = subject.feed(bytes, offset + end);
      if (outcome !== undefined) {
        // How much follows is known only to who has it all.
        return typeof outcome === "object" && "rest" in outcome
          ? { ...outcome, rest: outcome.rest as number + message.length - end }
          : outcome;
      }
    }
    return "more";
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return error.code;
  }
}

/**
 * Every way to cut bytes in two, and one cut behind each byte; each also with
 * the buffer moving in between.
 *
 * @returns The first outcome that differs from `expected`, with its cuts.
 */
export function firstDifference(
  making: Making,
  message: Uint8Array,
  expected: Outcome,
): { ends: readonly number[]; moves: boolean; outcome: Outcome } | undefined {
  const wanted = JSON.stringify(expected);
  const ways: number[][] = [
    Array.from({ length: message.length }, (_, i) => i + 1),
  ];
  for (let cut = 1; cut < message.length; cut++) {
    ways.push([cut, message.length]);
  }
  for (const ends of ways) {
    for (const moves of [false, true]) {
      const outcome = inPieces(making, message, ends, moves);
      if (JSON.stringify(outcome) !== wanted) return { ends, moves, outcome };
    }
  }
  return undefined;
}
