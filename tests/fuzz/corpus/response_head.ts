/** Response heads to a GET, as origins send them and as broken or hostile ones do. */

import type { Seed } from "../seed.ts";

const OK = "HTTP/1.1 200 OK\r\n";

/** Everything that response heads are fuzzed from. */
export const RESPONSE_HEADS: readonly Seed[] = [
  {
    name: "nginx",
    input:
      `${OK}Server: nginx/1.22.1\r\nDate: Tue, 24 Nov 2026 04:56:02 GMT\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: keep-alive\r\nETag: "65a-5"\r\nAccept-Ranges: bytes\r\n\r\nhello`,
    expect: "200: length 5",
  },
  {
    name: "an application server",
    input:
      `${OK}X-Powered-By: Express\r\nVary: Accept-Encoding\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=5\r\n\r\n0\r\n\r\n`,
    expect: "200: chunked",
  },
  {
    name: "HTTP/1.0 until the connection closes",
    input: "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello",
    expect: "200: close",
  },
  {
    name: "no reason phrase, and no space",
    input: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    expect: "200: none",
  },
  {
    name: "no reason phrase",
    input: "HTTP/1.1 204 \r\n\r\n",
    expect: "204: none",
  },
  {
    name: "a reason phrase in UTF-8",
    input: "HTTP/1.1 404 Nicht \xc3\xbcberall\r\nContent-Length: 0\r\n\r\n",
    expect: "404: none",
  },
  {
    name: "an interim response, and the next",
    input:
      `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${OK}\r\n`,
    expect: "103: none",
  },
  {
    name: "switching protocols",
    input:
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello",
    expect: "101: tunnel",
  },
  {
    name: "a length on 304 says nothing of this message",
    input:
      'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 99\r\n\r\n',
    expect: "304: none",
  },
  { name: "cut off in the status", input: "HTTP/1.1 20", expect: "more" },
  {
    name: "both lengths: chunked counts, and the connection is done with",
    input:
      `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    expect: "200: chunked, suspect",
  },
  {
    name: "two lengths",
    input: `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
    expect: "bad_framing",
  },
  {
    name: "a list of lengths",
    input: `${OK}Content-Length: 5, 5\r\n\r\nhello`,
    expect: "bad_framing",
  },
  {
    name: "gzip as a transfer coding",
    input: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`,
    expect: "not_implemented",
  },
  {
    name: "chunked is not final",
    input: `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "chunked in HTTP/1.0",
    input: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    expect: "bad_framing",
  },
  {
    name: "response splitting: a line feed in a value",
    input: `${OK}Location: /a\nSet-Cookie: b=c\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "response splitting: a carriage return in a value",
    input: `${OK}Location: /a\rSet-Cookie: b=c\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "a folded value",
    input: `${OK}X: y\r\n z\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "a space before the colon",
    input: `${OK}Content-Length : 5\r\n\r\nhello`,
    expect: "200: length 5",
  },
  {
    name: "whitespace before colons, and none to be found",
    input: `${OK}A \t : b\r\nC\t:d\r\nE f\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "lines that end with a line feed",
    input: "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    expect: "bad_request_line",
  },
  {
    name: "a status of two digits",
    input: "HTTP/1.1 20 OK\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a status of four digits",
    input: "HTTP/1.1 2000 OK\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a status out of range",
    input: "HTTP/1.1 999 OK\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "HTTP/2",
    input: "HTTP/2 200\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a version of another major number",
    input: "HTTP/2.0 200 OK\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "ICY",
    input: "ICY 200 OK\r\nicy-name: radio\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "no head at all",
    input: "<!DOCTYPE html><html>",
    expect: "bad_request_line",
  },
  {
    name: "what is left of the response before",
    input: `\r\n0\r\n\r\n${OK}\r\n`,
    expect: "bad_request_line",
  },
  {
    name: "a reason phrase without end",
    input: `HTTP/1.1 200 ${"a".repeat(800)}`,
    expect: "fields_too_large",
  },
];
