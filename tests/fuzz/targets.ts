/**
 * What is fuzzed: parsers that must neither crash nor hang, and must say the same
 * of octets whether they come whole or in pieces.
 */

import { CacheKey } from "../../lib/cache/cache_key.ts";
import { parseDirectives } from "../../lib/cache/directives.ts";
import { CODINGS, negotiate } from "../../lib/coding/negotiate.ts";
import { parseHttpDate } from "../../lib/http/date.ts";
import { METHOD } from "../../lib/http/method.ts";
import { octetsOf, textOf } from "../../lib/http/octets.ts";
import { parseRange } from "../../lib/http/range.ts";
import { parseDictionary } from "../../lib/http/structured.ts";
import {
  chunkedBody,
  inPieces,
  type Making,
  requestHead,
  responseHead,
  whole,
} from "../support/splits.ts";

/** One target: what it starts from, and how it is tried. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly string[];
  /** @throws {Error} If the promise is broken. */
  attempt(input: Uint8Array, next: () => number): void;
}

const LIMITS = { headBytesMax: 600, targetBytesMax: 100, fieldCountMax: 8 };

function splitting(making: Making): Target["attempt"] {
  return (input, next) => {
    const expected = JSON.stringify(whole(making, input));
    const ends: number[] = [];
    for (let at = 0; at < input.length;) {
      at = Math.min(input.length, at + 1 + Math.floor(next() * next() * 40));
      ends.push(at);
    }
    const seen = JSON.stringify(inPieces(making, input, ends, next() < 0.5));
    if (seen !== expected && ends.length > 0) {
      throw new Error(`whole: ${expected}, in pieces (${ends}): ${seen}`);
    }
  };
}

/** The part of a key that comes of a target. */
function keyOf(target: Uint8Array): Uint8Array {
  const key = new CacheKey("keep", 1);
  key.make(target, 0, 0, target, 0, target.length);
  return key.octets.bytes.slice(1, key.octets.length); // behind the separator
}

/** What a parser of strings promises: to return. */
function returning(parse: (text: string) => unknown): Target["attempt"] {
  return (input) => void parse(textOf(input, 0, input.length));
}

/** Every target. */
export const TARGETS: readonly Target[] = [
  {
    name: "request head",
    seeds: [
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST http://h:1/a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close, x\r\n\r\nhello",
      "\r\nOPTIONS * HTTP/1.0\r\nTransfer-Encoding: chunked\r\nHost: [::1]:80\r\n\r\n",
    ],
    attempt: splitting(requestHead(LIMITS)),
  },
  {
    name: "response head",
    seeds: [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nVia: 1.1 a\r\n\r\nhello",
      "HTTP/1.0 404 Not Found\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=5\r\n\r\n",
    ],
    attempt: splitting(responseHead(METHOD.Get, LIMITS)),
  },
  {
    name: "chunked body",
    seeds: [
      "5\r\nhello\r\n0\r\n\r\n",
      "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nA: b\r\n\r\nGET",
    ],
    attempt: splitting(chunkedBody()),
  },
  {
    name: "cache directives",
    seeds: ['max-age=60, private="a, b", x=y; no-store', 's-maxage="1\\"",,'],
    attempt: returning(parseDirectives),
  },
  {
    name: "structured dictionary",
    seeds: ['max-age=60, a=("x" 1;b), c;d=?0', 'e=:aGk=:, f=@1, g=%"x%c3"'],
    attempt: returning(parseDictionary),
  },
  {
    name: "Accept-Encoding",
    seeds: ["gzip;q=0.5, br;q=1.0, *;q=0", "identity, x-gzip ; q=0.123"],
    attempt: returning((text) => negotiate(text, CODINGS)),
  },
  {
    name: "Range",
    seeds: ["bytes=0-4,10-,-5", "bytes = 1-2 , 3-4"],
    attempt(input): void {
      const length = 1000;
      const ranges = parseRange(textOf(input, 0, input.length), length);
      if (typeof ranges === "string") return;
      let before = -1;
      for (const { start, end } of ranges) {
        if (!(start > before && start < end && end <= length)) {
          throw new Error(`Ranges out of order or bounds: ${start}-${end}`);
        }
        before = end;
      }
    },
  },
  {
    name: "cache key",
    seeds: ["/a/../b/%2e%2E/c?d=%7e", "?a=b&c", "//x/./y%zz%4"],
    attempt(input): void {
      const once = keyOf(input);
      const twice = keyOf(once);
      if (once.join() !== twice.join()) {
        throw new Error("The normal form of a normal form is another one");
      }
    },
  },
  {
    name: "HTTP-date",
    seeds: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"],
    attempt: returning((text) => parseHttpDate(text, 0)),
  },
];

/** Octets that matter to a grammar more than others. */
const SPICE = octetsOf('\r\n\0 \t:;,="\\%/#?*()[]0aAfF\x7f\x80\xff');

/** A mutation of a seed: octets changed, dropped, doubled, moved, or of another seed. */
export function mutate(target: Target, next: () => number): Uint8Array {
  const pick = (count: number): number => Math.floor(next() * count);
  const seed =
    (): number[] => [...octetsOf(target.seeds[pick(target.seeds.length)]!)];
  let octets = seed();
  for (let round = pick(6); round > 0; round--) {
    const at = pick(octets.length + 1);
    const count = pick(5);
    switch (pick(6)) {
      case 0:
        octets.splice(at, 0, SPICE[pick(SPICE.length)]!);
        break;
      case 1:
        octets[at] = pick(256);
        break;
      case 2:
        octets.splice(at, count);
        break;
      case 3:
        octets.splice(at, 0, ...octets.slice(at, at + count * 8));
        break;
      case 4:
        octets = [...octets.slice(0, at), ...seed().slice(pick(20))];
        break;
      default:
        octets.splice(
          at,
          0,
          ...new Array<number>(pick(60)).fill(SPICE[pick(SPICE.length)]!),
        );
    }
  }
  return Uint8Array.from(octets);
}
