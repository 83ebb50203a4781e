/** What clients get of a head that is kept: each route its own. */

import { assert, assertEquals } from "../support/assert.ts";
import { routeOf } from "../support/heads.ts";
import { clientHeadOf, makeFormTemplate } from "../../lib/head/client_head.ts";
import type { KeptHead } from "../../lib/head/kept_head.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import type { RouteOptions } from "../../lib/exchange/route.ts";

const LINES = [
  "HTTP/1.1 200 OK",
  "Date: x",
  "Content-Type: text/html",
  'ETag: "a"',
  "Cache-Tag: t",
];

function kept(more: Partial<KeptHead> = {}): KeptHead {
  return {
    kind: "kept",
    bytes: bytesOf(`${LINES.join("\r\n")}\r\n\r\n`),
    minorVersion: 1,
    length: 5000,
    hasForms: false,
    forClients: undefined,
    ...more,
  };
}

function linesFor(
  head: KeptHead,
  route: RouteOptions,
  dropsTags = true,
): string[] {
  const { template: { bytes } } = clientHeadOf(head, route, dropsTags);
  return textOf(bytes, 0, bytes.length).trimEnd().split("\r\n").slice(1);
}

/** For how many sets of options a head is ready. */
function countReady(head: KeptHead): number {
  let count = 0;
  for (let known = head.forClients; known !== undefined; known = known.older) {
    count++;
  }
  return count;
}

Deno.test("routes that share a head never get each other's rules", () => {
  const head = kept();
  const one = routeOf("--response-header", "X: 1", "--compress", "off");
  const other = routeOf(
    "--response-header",
    "-content-type",
    "--compress",
    "off",
  );
  const [date, type, etag] = LINES.slice(1) as [string, string, string];
  for (let i = 0; i < 2; i++) {
    assertEquals(linesFor(head, one), [
      date,
      type,
      etag,
      "X: 1",
      "Via: 1.1 sluice",
    ]);
    assertEquals(linesFor(head, other), [date, etag, "Via: 1.1 sluice"]);
    assertEquals(linesFor(head, other, false), [
      date,
      etag,
      "Cache-Tag: t",
      "Via: 1.1 sluice",
    ]);
  }
  assertEquals(countReady(head), 3);
});

Deno.test("a head is ready for few routes, and made anew for others", () => {
  const head = kept();
  const routes = Array.from(
    { length: 9 },
    (_, i) => routeOf("--response-header", `X: ${i}`),
  );
  for (const [i, route] of [...routes, ...routes].entries()) {
    assert(linesFor(head, route).includes(`X: ${i % 9}`));
    assertEquals(countReady(head), Math.min(i + 1, 4));
  }
  const known = clientHeadOf(head, routes[8]!, true);
  assert(clientHeadOf(head, routes[8]!, true) === known);
});

Deno.test("whether content varies by its coding, and may be given one", () => {
  const compressing = routeOf();
  const varies = (head: KeptHead, route: RouteOptions): boolean =>
    linesFor(head, route).includes("Vary: Accept-Encoding");
  assert(varies(kept(), compressing));
  assert(!varies(kept({ length: 10 }), compressing)); // too small
  assert(!varies(kept(), routeOf("--compress", "off")));
  assert(varies(kept({ hasForms: true }), routeOf("--compress", "off")));
});

Deno.test("the template of another form: its coding, a weak tag, made once", () => {
  const head = kept({ minorVersion: -1 });
  const clientHead = clientHeadOf(head, routeOf(), true);
  const { template } = makeFormTemplate(head, clientHead, "br");
  const { bytes } = template;
  const lines = textOf(bytes, 0, bytes.length).split("\r\n");
  assert(lines.includes("Content-Encoding: br"));
  assert(lines.includes('ETag: W/"a"'));
  assert(!lines.some((line) => line.startsWith("Via:"))); // it was made here
  assert(clientHead.coded.get("br") === template);
});
