/** Request heads, as clients send them and as attackers do. */

import type { Seed } from "../seed.ts";

const GET = "GET / HTTP/1.1\r\nHost: h\r\n";
const POST = "POST / HTTP/1.1\r\nHost: h\r\n";

/** From the wild. */
const CLIENTS: readonly Seed[] = [
  {
    name: "curl",
    input:
      "GET /index.html?q=1 HTTP/1.1\r\nHost: example.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
    expect: "GET /index.html?q=1: none",
  },
  {
    name: "a browser",
    input:
      "GET /a HTTP/1.1\r\nHost: example.com:8080\r\nConnection: keep-alive\r\n" +
      'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"\r\nsec-ch-ua-mobile: ?0\r\n' +
      "Upgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
      "Accept: text/html,*/*;q=0.8\r\nSec-Fetch-Site: none\r\n" +
      "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: de-DE,de;q=0.9\r\n" +
      "Cookie: a=b; c=d\r\n\r\n",
    expect: "GET /a: none",
  },
  {
    name: "an upload in chunks, with what follows",
    input:
      `${POST}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nTE: trailers\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    expect: "POST /: chunked",
  },
  {
    name: "a form",
    input:
      `${POST}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\na=b&c=d`,
    expect: "POST /: length 7",
  },
  {
    name: "a WebSocket",
    input:
      `${GET}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    expect: "GET /: none",
  },
  {
    name: "a health check of HTTP/1.0 without Host",
    input: "GET /health HTTP/1.0\r\n\r\n",
    expect: "GET /health: none",
  },
  {
    name: "through another proxy: absolute form",
    input:
      "GET http://h:1/a?b HTTP/1.1\r\nHost: h\r\nProxy-Connection: keep-alive\r\n\r\n",
    expect: "GET http://h:1/a?b: none",
  },
  {
    name: "asterisk form",
    input: "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    expect: "OPTIONS *: none",
  },
  {
    name: "authority form",
    input: "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    expect: "CONNECT example.com:443: none",
  },
  {
    name: "an empty line first, as old clients send after a form",
    input: `\r\n${GET}\r\n`,
    expect: "GET /: none",
  },
  {
    name: "UTF-8 in a value, braces in a query",
    input:
      'GET /?filter={"a":[1|2]} HTTP/1.1\r\nHost: h\r\nX-Name: J\xc3\xbcrgen\r\n\r\n',
    expect: 'GET /?filter={"a":[1|2]}: none',
  },
  {
    name: "a target in UTF-8, as it was typed",
    input: "GET /stra\xc3\x9fe?q=\xff`\\<>{|}^ HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "GET /stra\xc3\x9fe?q=\xff`\\<>{|}^: none",
  },
  {
    name: "a method of its own",
    input: "M-SEARCH / HTTP/1.1\r\nHost: h\r\nMAN:\r\n\r\n",
    expect: "M-SEARCH /: none",
  },
  { name: "cut off in a name", input: "GET / HTTP/1.1\r\nHo", expect: "more" },
];

/** Two lengths, or one that reads as two. */
const FRAMING: readonly Seed[] = [
  {
    name: "CL.TE",
    input:
      `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    expect: "bad_framing",
  },
  {
    name: "TE.CL",
    input:
      `${POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n8\r\nSMUGGLED\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "TE.TE: the second is hidden by a word",
    input:
      `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "TE.0: a coding that looks like chunked",
    input: `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    expect: "not_implemented",
  },
  {
    name: "chunked is not final",
    input: `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "chunked after identity",
    input: `${POST}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`,
    expect: "not_implemented",
  },
  {
    name: "chunked twice",
    input: `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "chunked with an empty member",
    input: `${POST}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "chunked in quotes",
    input: `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "chunked with a parameter",
    input: `${POST}Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "chunked behind a vertical tab",
    input: `${POST}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "chunked behind a tab is chunked",
    input: `${POST}Transfer-Encoding:\tchUnked \r\n\r\n0\r\n\r\n`,
    expect: "POST /: chunked",
  },
  {
    name: "chunked, and a byte above 127",
    input: `${POST}Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "Transfer-Encoding before its colon",
    input:
      `${POST}Content-Length: 4\r\nTransfer-Encoding : chunked\r\n\r\n1\r\nZ`,
    expect: "bad_field_line",
  },
  {
    name: "Transfer-Encoding on a folded line",
    input:
      `${POST}Content-Length: 4\r\nTransfer-Encoding:\r\n chunked\r\n\r\n1\r\nZ`,
    expect: "bad_field_line",
  },
  {
    name: "Transfer-Encoding behind a line feed in a value",
    input:
      `${POST}X: y\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name:
      "Transfer-Encoding with an underscore is not forwarded, and is not read",
    input: `${POST}Transfer_Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd`,
    expect: "POST /: length 4",
  },
  {
    name: "Transfer-Encoding in HTTP/1.0",
    input: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    expect: "bad_framing",
  },
  {
    name: "Connection nominates Transfer-Encoding",
    input:
      `${POST}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n`,
    expect: "POST /: chunked",
  },
  {
    name: "CL.CL",
    input: `${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
    expect: "bad_framing",
  },
  {
    name: "CL.CL, the same",
    input: `${POST}Content-Length: 4\r\ncontent-length: 4\r\n\r\nabcd`,
    expect: "bad_framing",
  },
  {
    name: "a list of lengths",
    input: `${POST}Content-Length: 4, 4\r\n\r\nabcd`,
    expect: "bad_framing",
  },
  {
    name: "a length with a sign",
    input: `${POST}Content-Length: +4\r\n\r\nabcd`,
    expect: "bad_framing",
  },
  {
    name: "a negative length",
    input: `${POST}Content-Length: -1\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "a length in hexadecimal",
    input: `${POST}Content-Length: 0x4\r\n\r\nabcd`,
    expect: "bad_framing",
  },
  {
    name: "a length with a word behind it",
    input: `${POST}Content-Length: 4 5\r\n\r\nabcd`,
    expect: "bad_framing",
  },
  {
    name: "no length at all",
    input: `${POST}Content-Length:\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "a length of 2^64",
    input: `${POST}Content-Length: 18446744073709551616\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "a length of 2^53, which a number cannot tell from the next",
    input: `${POST}Content-Length: 9007199254740992\r\n\r\n`,
    expect: "bad_framing",
  },
  {
    name: "a length of many zeros",
    input: `${POST}Content-Length: 0000000000000000000000004\r\n\r\nabcd`,
    expect: "POST /: length 4",
  },
  {
    name: "CL.0: a GET with content",
    input:
      `${GET}Content-Length: 30\r\n\r\nGET /admin HTTP/1.1\r\nX: y\r\n\r\n`,
    expect: "GET /: length 30",
  },
];

/** What some program reads as the end of a line, or of a name. */
const LINES: readonly Seed[] = [
  {
    name: "lines that end with a line feed",
    input: "GET / HTTP/1.1\nHost: h\n\n",
    expect: "bad_request_line",
  },
  {
    name: "a field line that ends with a line feed",
    input: "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
    expect: "bad_field_line",
  },
  {
    name: "lines that end with a carriage return",
    input: "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
    expect: "bad_field_line",
  },
  {
    name: "a section that ends with a line feed",
    input: `${GET}\nGET /admin HTTP/1.1\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "CR CR LF",
    input: `${GET}X: y\r\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "NUL in a value",
    input: `${GET}X: a\0b\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "NUL in a name",
    input: `${GET}X\0: a\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "a line without a colon",
    input: `${GET}GET /admin HTTP/1.1\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "a name of nothing",
    input: `${GET}: y\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "the first field line is folded",
    input: "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
    expect: "bad_field_line",
  },
  {
    name: "a folded value",
    input: `${GET}X: y\r\n\tz\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "DEL in a value",
    input: `${GET}X: \x7f\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "a byte above 127 in a name",
    input: `${GET}\xc4: y\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "a name in quotes",
    input: `${GET}"X": y\r\n\r\n`,
    expect: "bad_field_line",
  },
  {
    name: "colons in a value",
    input: `${GET}X:::y:\r\n\r\n`,
    expect: "GET /: none",
  },
];

/** Request lines and hosts that two programs could read in two ways. */
const TARGETS: readonly Seed[] = [
  {
    name: "HTTP/0.9",
    input: "GET /\r\n",
    expect: "bad_request_line",
  },
  {
    name: "the preface of HTTP/2",
    input: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    expect: "version_unsupported",
  },
  {
    name: "a TLS ClientHello",
    input: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    expect: "tls_on_plain_port",
  },
  {
    name: "HTTP/1.2 is read as 1.1",
    input: "GET / HTTP/1.2\r\nHost: h\r\n\r\n",
    expect: "GET /: none",
  },
  {
    name: "a version of two digits",
    input: "GET / HTTP/1.10\r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a version in lower case",
    input: "GET / http/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "two spaces",
    input: "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a tab for a space",
    input: "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a space in the target",
    input: "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a second request in the target",
    input: "GET / HTTP/1.1\r\nHost: a HTTP/1.1\r\nX: y\r\n\r\n",
    expect: "bad_host",
  },
  {
    name: "a space at the line's end",
    input: "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a fragment",
    input: "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "an encoded NUL in the path",
    input: "GET /a%00.png HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_target",
  },
  {
    name: "an encoded NUL in the query",
    input: "GET /a?b=%00 HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "GET /a?b=%00: none",
  },
  {
    name: "encoded line ends pass as they are",
    input: "GET /%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "GET /%0d%0aSet-Cookie:a=b: none",
  },
  {
    name: "a byte below 128 that is none of a target, and one above",
    input: "GET /\xc3\xbc\x7f HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_request_line",
  },
  {
    name: "a target that is neither form",
    input: "GET admin HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_target",
  },
  {
    name: "asterisk form with GET",
    input: "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_target",
  },
  {
    name: "an open proxy is asked for",
    input: "GET ftp://internal/ HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "misdirected",
  },
  {
    name: "userinfo in absolute form",
    input: "GET http://h@internal/ HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_target",
  },
  {
    name: "an absolute form without authority",
    input: "GET http:///etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "bad_target",
  },
  {
    name: "two slashes first are a path",
    input: "GET //internal/ HTTP/1.1\r\nHost: h\r\n\r\n",
    expect: "GET //internal/: none",
  },
  {
    name: "Host is missing",
    input: "GET / HTTP/1.1\r\nX: y\r\n\r\n",
    expect: "bad_host",
  },
  {
    name: "two Hosts",
    input: `${GET}Host: internal\r\n\r\n`,
    expect: "bad_host",
  },
  {
    name: "two Hosts in one line",
    input: "GET / HTTP/1.1\r\nHost: h, internal\r\n\r\n",
    expect: "bad_host",
  },
  {
    name: "Host with a path",
    input: "GET / HTTP/1.1\r\nHost: h/internal\r\n\r\n",
    expect: "bad_host",
  },
  {
    name: "Host with userinfo",
    input: "GET / HTTP/1.1\r\nHost: h@internal\r\n\r\n",
    expect: "bad_host",
  },
  {
    name: "Host with a port out of range",
    input: "GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n",
    expect: "bad_host",
  },
  {
    name: "Host is empty",
    input: "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    expect: "bad_host",
  },
  {
    name: "a look-alike of Host beside it",
    input: `${GET}X_Forwarded.Host: internal\r\n\r\n`,
    expect: "GET /: none",
  },
];

/** More than there is room for. */
const LIMITS: readonly Seed[] = [
  {
    name: "a method without end",
    input: "A".repeat(65),
    expect: "not_implemented",
  },
  {
    name: "a target without end",
    input: `GET /${"a".repeat(160)}`,
    expect: "target_too_long",
  },
  {
    name: "a name without end",
    input: `${GET}${"a".repeat(800)}`,
    expect: "fields_too_large",
  },
  {
    name: "lines without end",
    input: `${GET}${"a:\r\n".repeat(20)}`,
    expect: "fields_too_large",
  },
];

/** Everything that request heads are fuzzed from. */
export const REQUEST_HEADS: readonly Seed[] = [
  ...CLIENTS,
  ...FRAMING,
  ...LINES,
  ...TARGETS,
  ...LIMITS,
];
