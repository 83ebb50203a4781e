/** The messages that benchmarks are made of: a browser's request, and an origin's response. */

import { bytesOf } from "../../lib/http/bytes.ts";

/** The field lines of a browser that follows a link: with `Host`, about 700 bytes. */
export const BROWSER_FIELDS: readonly (readonly [
  name: string,
  value: string,
])[] = [
  [
    "User-Agent",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 " +
    "(KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
  ],
  [
    "Accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif," +
    "image/webp,image/apng,*/*;q=0.8",
  ],
  ["Accept-Encoding", "gzip, deflate, br, zstd"],
  ["Accept-Language", "en-GB,en;q=0.9,fr;q=0.7"],
  ["Sec-CH-UA", '"Chromium";v="130", "Not?A_Brand";v="99"'],
  ["Sec-CH-UA-Mobile", "?0"],
  ["Sec-CH-UA-Platform", '"Windows"'],
  ["Sec-Fetch-Dest", "document"],
  ["Sec-Fetch-Mode", "navigate"],
  ["Sec-Fetch-Site", "same-origin"],
  ["Upgrade-Insecure-Requests", "1"],
  ["Referer", "http://www.example.com/catalogue/index?page=2"],
  ["Cookie", "session=5b1f0a7e9c3d42881b6e; theme=dark"],
];

/** The bytes of a request for `target`, with fields after its `Host`. */
export function requestBytes(
  target: string,
  fields: readonly (readonly [name: string, value: string])[],
): Uint8Array<ArrayBuffer> {
  const lines = [["Host", "www.example.com"] as const, ...fields];
  const section = lines.map(([name, value]) => `${name}: ${value}\r\n`);
  return bytesOf(`GET ${target} HTTP/1.1\r\n${section.join("")}\r\n`);
}

/** The smallest request that HTTP/1.1 allows. */
export const MINIMAL_REQUEST: Uint8Array<ArrayBuffer> = requestBytes("/", []);

/** A browser's request. */
export const BROWSER_REQUEST: Uint8Array<ArrayBuffer> = requestBytes(
  "/catalogue/index?page=3",
  BROWSER_FIELDS,
);

/** The head of a storable response. */
export const RESPONSE: Uint8Array<ArrayBuffer> = bytesOf(
  "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Tue, 24 Nov 2026 13:36:42 GMT\r\n" +
    "Content-Type: text/html; charset=utf-8\r\nContent-Length: 1024\r\n" +
    "Last-Modified: Mon, 23 Nov 2026 13:36:42 GMT\r\nConnection: keep-alive\r\n" +
    'ETag: "6560a8ba-400"\r\nCache-Control: public, max-age=3600\r\n' +
    "Accept-Ranges: bytes\r\n\r\n",
);
