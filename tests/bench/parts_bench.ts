/** The parts of a request's way, one by one: `deno task bench`. */

import { LIMITS } from "../support/splits.ts";
import { CacheKey } from "../../lib/cache/cache_key.ts";
import { parseDirectives } from "../../lib/cache/directives.ts";
import { readMetadata, statedDirectives } from "../../lib/cache/metadata.ts";
import { reuse } from "../../lib/cache/reuse.ts";
import { CODINGS, negotiate } from "../../lib/coding/negotiate.ts";
import { parseHttpDate } from "../../lib/http/date.ts";
import { METHOD } from "../../lib/http/method.ts";
import { octetsOf } from "../../lib/http/octets.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { ResponseHead } from "../../lib/http/response_head.ts";

const BROWSER = octetsOf(
  "GET /catalogue/index?page=3 HTTP/1.1\r\nHost: www.example.com\r\n" +
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0\r\n" +
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n" +
    "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n" +
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\n" +
    "Referer: http://www.example.com/\r\nCookie: sid=5b1f0a7e9c3d4288\r\n\r\n",
);
const RESPONSE = octetsOf(
  "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 13:36:42 GMT\r\n" +
    'Content-Type: text/html\r\nETag: "abcdef"\r\nContent-Length: 1024\r\n' +
    "Last-Modified: Mon, 23 Nov 2026 13:36:42 GMT\r\n" +
    "Cache-Control: public, max-age=3600\r\n\r\n",
);

const request = new RequestHead();
const response = new ResponseHead();
const key = new CacheKey("keep", 1);

function parseRequest(): void {
  request.begin(0, LIMITS);
  request.parse(BROWSER, BROWSER.length);
}

function parseResponse(): void {
  response.begin(0, LIMITS, METHOD.Get);
  response.parse(RESPONSE, RESPONSE.length);
}

parseRequest();
parseResponse();
const host = octetsOf("www.example.com");
const times = { requestMs: 0, responseMs: 1 };
const policy = { defaultTtlMs: 0, targetedField: "" };
const stated = statedDirectives(response.fields, "");
const metadata = readMetadata(response, stated, times, policy, false);
const none = parseDirectives("");

Deno.bench("request head of a browser", parseRequest);
Deno.bench("response head", parseResponse);
Deno.bench("key", () => {
  const { target, targetEnd, bytes } = request;
  key.make(host, 0, host.length, bytes, target.pathStart, targetEnd);
});
Deno.bench("metadata", () => {
  readMetadata(response, stated, times, policy, false);
});
Deno.bench("reuse", () => {
  reuse(metadata, none, 1000);
});
Deno.bench("negotiation", () => {
  negotiate("gzip, deflate, br, zstd", CODINGS);
});
Deno.bench("date", () => {
  parseHttpDate("Tue, 24 Nov 2026 13:36:42 GMT", 0);
});
