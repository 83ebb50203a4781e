/** How the parsers of messages are tried: in pieces, and by what they made of it. */

import { writeChunkSize } from "../../lib/http/chunked.ts";
import type { Framing } from "../../lib/http/framing.ts";
import type { HeadLimits } from "../../lib/http/head.ts";
import { METHOD } from "../../lib/http/method.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import {
  chunkedBody,
  inPieces,
  type Making,
  type Outcome,
  requestHead,
  responseHead,
  whole,
} from "../support/splits.ts";
import type { Target } from "./targets.ts";

/** Tight, so that a short input can exceed them. */
const LIMITS: HeadLimits = {
  headBytesMax: 760,
  targetBytesMax: 150,
  fieldCountMax: 14,
};
/** What is serialised may be longer than it was: a space behind each colon. */
const ROOMY: HeadLimits = {
  headBytesMax: 2000,
  targetBytesMax: 200,
  fieldCountMax: 14,
};
/** The longest piece of an input. */
const PIECE_MAX = 40;

type Description = Exclude<Outcome, string>;

/** How a kind of message is tried. */
interface Trial {
  readonly making: Making;
  /** The same with room for what is serialised. */
  readonly again: Making;
  /** What was read, in short. */
  brief(read: Description): string;
  /** What was read, as a message. */
  serialise(read: Description, next: () => number): string;
  /** What was read, without what another form of the same message may change. */
  essence(read: Description): unknown;
}

function tried(trial: Trial): Pick<Target, "describe" | "attempt"> {
  return {
    describe(input): string {
      const outcome = whole(trial.making, input);
      return typeof outcome === "string" ? outcome : trial.brief(outcome);
    },
    attempt(input, next): void {
      const outcome = whole(trial.making, input);
      attemptPieces(trial.making, input, outcome, next);
      if (typeof outcome !== "string") attemptAgain(trial, outcome, next);
    },
  };
}

/** Byte by byte, and in pieces of any size: each in place, or in a buffer that moves. */
function attemptPieces(
  making: Making,
  input: Uint8Array,
  outcome: Outcome,
  next: () => number,
): void {
  if (input.length === 0) return;
  const expected = JSON.stringify(outcome);
  const bytes = Array.from(input, (_, index) => index + 1);
  const pieces: number[] = [];
  for (let at = 0; at < input.length;) {
    at += 1 + Math.floor(next() * next() * PIECE_MAX);
    pieces.push(Math.min(at, input.length));
  }
  for (const [ends, moves] of [[bytes, false], [pieces, true]] as const) {
    const seen = JSON.stringify(inPieces(making, input, ends, moves));
    if (seen === expected) continue;
    throw new Error(
      `whole ${expected}, in pieces ${seen} (ends ${ends}, moves ${moves})`,
    );
  }
}

function attemptAgain(
  { again, serialise, essence }: Trial,
  read: Description,
  next: () => number,
): void {
  const message = serialise(read, next);
  const outcome = whole(again, bytesOf(message));
  const first = JSON.stringify(essence(read));
  const second = typeof outcome === "string"
    ? outcome
    : JSON.stringify(essence(outcome));
  if (first === second) return;
  throw new Error(
    `read ${first}, as ${JSON.stringify(message)} again ${second}`,
  );
}

function fieldSection(read: Description, name: string): string {
  const lines = read[name] as readonly string[];
  return `${[...lines, ""].join("\r\n")}\r\n`;
}

function framingText(read: Description): string {
  const { kind, length, suspect } = read.framing as Framing;
  return kind + (kind === "length" ? ` ${length}` : "") +
    (suspect ? ", suspect" : "");
}

function withoutLength(read: Description): unknown {
  return { ...read, length: undefined };
}

/** The request head's parser. */
export const REQUEST_HEAD = tried({
  making: requestHead(LIMITS),
  again: requestHead(ROOMY),
  brief: (read) => `${read.method} ${read.target}: ${framingText(read)}`,
  serialise: (read) =>
    `${read.method} ${read.target} HTTP/1.${read.minorVersion}\r\n` +
    fieldSection(read, "fields"),
  essence: withoutLength,
});

/** The response head's parser. */
export const RESPONSE_HEAD = tried({
  making: responseHead(METHOD.Get, LIMITS),
  again: responseHead(METHOD.Get, ROOMY),
  brief: (read) => `${read.status}: ${framingText(read)}`,
  serialise: (read) =>
    `HTTP/1.${read.minorVersion} ${read.status} ${read.reason}\r\n` +
    fieldSection(read, "fields"),
  essence: withoutLength,
});

/** The decoder of chunked bodies, and the sizes that sluice writes. */
function chunked(isResponse: boolean): ReturnType<typeof tried> {
  return tried({
    making: chunkedBody(isResponse),
    again: chunkedBody(),
    brief: ({ content, trailers, rest }) =>
      `${JSON.stringify(content)}, ${
        (trailers as string[]).length
      } trailers, ${rest} behind`,
    serialise: (read, next) =>
      `${chunks(read.content as string, next)}0\r\n${
        fieldSection(read, "trailers")
      }`,
    essence: ({ content, trailers }) => ({ content, trailers }),
  });
}

/** A client's chunked body. */
export const CHUNKED_BODY = chunked(false);

/** An origin's chunked body. */
export const CHUNKED_RESPONSE = chunked(true);

/** Content in chunks of any size. */
function chunks(content: string, next: () => number): string {
  let text = "";
  for (let at = 0; at < content.length;) {
    const size = Math.min(
      content.length - at,
      1 + Math.floor(next() * PIECE_MAX),
    );
    const line = new Uint8Array(20);
    text += textOf(line, 0, writeChunkSize(line, 0, size));
    text += `${content.slice(at, at + size)}\r\n`;
    at += size;
  }
  return text;
}
