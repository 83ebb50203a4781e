/** Chunked bodies, and what has been tried to make two decoders disagree. */

import type { Seed } from "../seed.ts";

/** Everything that the chunked coding is fuzzed from. */
export const CHUNKED_BODIES: readonly Seed[] = [
  {
    name: "one chunk",
    input: "5\r\nhello\r\n0\r\n\r\n",
    expect: '"hello", 0 trailers, 0 behind',
  },
  {
    name: "extensions, trailers, and the next request",
    input:
      '5;a=b;c="d;e"\r\nhello\r\nA\r\n0123456789\r\n0;f\r\nX-Sum: 1\r\nY:\r\n\r\nGET',
    expect: '"hello0123456789", 2 trailers, 3 behind',
  },
  { name: "nothing", input: "0\r\n\r\n", expect: '"", 0 trailers, 0 behind' },
  {
    name: "sizes in either case, with zeros",
    input: "00a\r\n0123456789\r\nB\r\n0123456789a\r\n000\r\n\r\n",
    expect: '"01234567890123456789a", 0 trailers, 0 behind',
  },
  {
    name: "line ends as content",
    input: "4\r\n\r\n\r\n\r\n0\r\n\r\n",
    expect: '"\\r\\n\\r\\n", 0 trailers, 0 behind',
  },
  {
    name: "whitespace before a trailer's colon",
    input: "0\r\nX : y\r\n\r\n",
    expect: "bad_field_line",
  },
  { name: "cut off in content", input: "5\r\nhel", expect: "more" },
  { name: "cut off in trailers", input: "0\r\nX: y\r\n", expect: "more" },
  {
    name: "a size that ends with a line feed",
    input: "5\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "an extension that ends with a line feed",
    input: "5;a\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a carriage return in an extension",
    input: "5;a\rb\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "an extension of nothing",
    input: "5;\r\nhello\r\n0\r\n\r\n",
    expect: '"hello", 0 trailers, 0 behind',
  },
  {
    name: "TERM.EXT: a line feed, then a chunk of its own",
    input: "2;\nxx\r\n4c\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n",
    expect: "bad_chunk",
  },
  {
    name: "content that ends with a line feed",
    input: "5\r\nhello\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "content that is longer than its size",
    input: "5\r\nhelloworld\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "content that is followed by two bytes of any kind",
    input: "5\r\nhelloXX0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a space before the size",
    input: " 5\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a space after the size",
    input: "5 \r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a size with 0x",
    input: "0x5\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a size with a sign",
    input: "+5\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a negative size",
    input: "-1\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a size with an underscore",
    input: "1_0\r\n0123456789012345\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  { name: "no size", input: "\r\nhello\r\n0\r\n\r\n", expect: "bad_chunk" },
  {
    name: "a size of 2^64 and 5",
    input: "10000000000000005\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "the largest size that there is",
    input: "fffffffffffff\r\nhello",
    expect: "more",
  },
  {
    name: "a size of many zeros",
    input: "00000000000005\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "NUL in an extension",
    input: "5;\0\r\nhello\r\n0\r\n\r\n",
    expect: "bad_chunk",
  },
  {
    name: "a trailer line that is folded",
    input: "0\r\nX: y\r\n z\r\n\r\n",
    expect: "bad_field_line",
  },
  {
    name: "a trailer section that ends with a line feed",
    input: "0\r\n\nGET /admin HTTP/1.1\r\n\r\n",
    expect: "bad_field_line",
  },
  {
    name: "a request for a trailer",
    input: "0\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_field_line",
  },
  {
    name: "a length for a trailer",
    input: "0\r\nContent-Length: 5\r\n\r\nhello",
    expect: '"", 1 trailers, 5 behind',
  },
  {
    name: "more framing than content",
    input: `1;${"a".repeat(1000)}\r\nx\r\n`.repeat(20),
    expect: "bad_chunk",
  },
  {
    name: "extensions without end",
    input: `5;${"a".repeat(1100)}`,
    expect: "bad_chunk",
  },
];

/** What an origin may do and a client may not, besides. */
export const CHUNKED_RESPONSES: readonly Seed[] = [
  ...CHUNKED_BODIES.filter(({ input }) => !/\w[ \t]+:/.test(`${input}`)),
  {
    name: "whitespace before colons of trailers",
    input: "1\r\na\r\n0\r\nX : y\r\nZ\t \t:\r\n\r\n",
    expect: '"a", 2 trailers, 0 behind',
  },
  {
    name: "whitespace in place of a name, or of a colon",
    input: "0\r\nX y\r\n : z\r\n\r\n",
    expect: "bad_field_line",
  },
];
