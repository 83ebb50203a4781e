/**
 * The parts of sluice that are useful without the program: HTTP/1.x as bytes in and
 * values out, the decisions of a shared cache, and content codings.
 *
 * Nothing here opens a socket, reads a clock or keeps its arguments: bytes, times and
 * limits are arguments. The program itself does not import this file.
 *
 * **Grammar** (RFC 9110, RFC 9112). Heads are parsed in the buffer where they arrived,
 * in any number of pieces. Anything that two programs could read in two ways is
 * refused with an {@linkcode HttpError}.
 *
 * @example A request in two pieces
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { FIELD, bytesOf, RequestHead } from "./mod.ts";
 *
 * const message = bytesOf(
 *   "POST /form HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\n\r\nhello",
 * );
 * const head = new RequestHead();
 * head.begin(0, {
 *   headBytesMax: 8192,
 *   targetBytesMax: 4096,
 *   fieldCountMax: 50,
 * });
 * assertEquals(head.parse(message, 30), false); // more is to come
 * assert(head.parse(message, message.length));
 * assertEquals(head.methodText, "POST");
 * assertEquals(head.targetText, "/form");
 * assertEquals(head.fields.text(FIELD.Host), "example.com");
 * assertEquals(head.framing, { kind: "length", length: 5, suspect: false });
 * assertEquals(head.end, message.length - "hello".length);
 * ```
 *
 * **Cache** (RFC 9111, 5861, 9211, 9213). Each decision is a function of values, with
 * the time as one of them, and names the rule that made it.
 *
 * @example May this response be stored, and how long is it fresh?
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import {
 *   mayStore,
 *   METHOD,
 *   NO_DIRECTIVES,
 *   bytesOf,
 *   readMetadata,
 *   ResponseHead,
 *   reuse,
 *   statedDirectives,
 * } from "./mod.ts";
 *
 * const nowMs = Date.UTC(2026, 10, 24);
 * const message = bytesOf(
 *   "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n",
 * );
 * const response = new ResponseHead();
 * const limits = {
 *   headBytesMax: 8192,
 *   targetBytesMax: 0,
 *   fieldCountMax: 50,
 * };
 * response.begin(0, limits, METHOD.Get);
 * assert(response.parse(message, message.length));
 *
 * const metadata = readMetadata(
 *   response,
 *   statedDirectives(response.fields, ""),
 *   { requestMs: nowMs, responseMs: nowMs },
 *   { defaultTtlMs: 0, heuristicMaxMs: 60_000, targetedField: "" },
 *   false,
 * );
 * const request = {
 *   method: METHOD.Get,
 *   hasAuthorization: false,
 *   hasCookie: false,
 *   noStore: false,
 *   isOwnLocation: false,
 * };
 * assertEquals(mayStore(request, response, metadata), {
 *   verdict: true,
 *   reason: "fresh",
 *   source: "9111 §4.2",
 * });
 * const later = (seconds: number) =>
 *   reuse(metadata, NO_DIRECTIVES, nowMs + seconds * 1000).verdict;
 * assertEquals(later(59), "use");
 * assertEquals(later(60), "validate");
 * ```
 *
 * **Content codings** (RFC 9110 §8.4, §12.5.3): which one a client gets, whether a
 * response is worth compressing, and the work itself, whole or as a stream.
 *
 * @example Compress a response for a client that accepts it
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { CODINGS, decode, encode, negotiate, bytesOf } from "./mod.ts";
 *
 * assertEquals(negotiate("br;q=0.5, gzip", CODINGS), "gzip");
 * assertEquals(negotiate("gzip;q=0", CODINGS), undefined);
 *
 * const content = bytesOf("say it again, ".repeat(100));
 * const coded = await encode(content, "gzip");
 * assert(coded.length < content.length / 10);
 * assertEquals(await decode(coded, "gzip", content.length), content);
 * ```
 *
 * **Routes** of a configuration: which of them takes a request, and why, without a
 * socket.
 *
 * @example Test a configuration
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { route } from "./mod.ts";
 *
 * const config = {
 *   hosts: { "acme.example": { "/": { proxy: "http://10.0.0.7" } } },
 * };
 * const { handler } = await route(config, "GET", "http://acme.example/x");
 * assertEquals(handler, "proxy");
 * assertEquals((await route(config, "GET", "http://other.example/")).status, 421);
 * ```
 *
 * @module
 */

export * from "./http/mod.ts";
export * from "./cache/policy/mod.ts";
export * from "./coding/mod.ts";
export * from "./config/mod.ts";
