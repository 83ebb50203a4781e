/** Purges as people order them: what is right, what is wrong with it, and what it names. */

import { assertEquals, assertThrows } from "../../support/assert.ts";
import {
  purgesOfOrder,
  readPurgeOrder,
} from "../../../lib/handlers/cache/purge_order.ts";
import { SharedCache } from "../../../lib/exchange/shared_cache.ts";
import { bytesOf, textOf } from "../../../lib/http/bytes.ts";

const CACHE = new SharedCache(
  { bytesMax: 1e6, objectBytesMax: 1e6 },
  undefined,
);
const PLAIN = { scope: bytesOf(""), queryUse: "keep" } as const;
const OTHER = { scope: bytesOf("x"), queryUse: "drop" } as const;

/** What an order names, in text. */
function namesOf(order: unknown, spaces = [PLAIN]): string[] {
  return purgesOfOrder(readPurgeOrder(order), CACHE, spaces).map((purge) => {
    const kind = purge.isSoft ? `soft ${purge.kind}` : purge.kind;
    switch (purge.kind) {
      case "key":
        return `${kind}: ${text(purge.key)}`;
      case "prefix":
        return `${kind}: ${text(purge.prefix)}`;
      case "host":
        return `${kind}: ${text(purge.host)}`;
      case "tag":
        return `${kind}: ${purge.tag}`;
      case "all":
        return kind;
    }
  });
}

function text(bytes: Uint8Array): string {
  return textOf(bytes, 0, bytes.length);
}

Deno.test("an order names keys, prefixes, hosts, tags, or everything", () => {
  const rows: readonly [order: unknown, names: readonly string[]][] = [
    [{ url: "http://h/a?b" }, ["key: h /a?b", "key: h /a?b https"]],
    [{ url: "https://h:443/a" }, [
      "key: h /a",
      "key: h /a https",
      "key: h:443 /a",
      "key: h:443 /a https",
    ]],
    [{ url: "h:8080" }, ["key: h:8080 /", "key: h:8080 / https"]],
    [{ url: "http://H/a b", soft: true }, [
      "soft key: h /a%20b",
      "soft key: h /a%20b https",
      "soft key: H /a%20b",
      "soft key: H /a%20b https",
    ]],
    [{ prefix: "http://h/a/" }, ["prefix: h /a/"]],
    [{ prefix: "h/a/*", soft: false }, ["prefix: h /a/"]],
    [{ prefix: "h" }, ["prefix: h /"]],
    [{ host: "Shop.Example." }, ["host: shop.example"]],
    [{ host: "h:80" }, ["host: h:80"]],
    [{ host: "[::1]" }, ["host: [::1]"]],
    [{ tag: "product-7" }, ["tag: product-7"]],
    [{ all: true, soft: true }, ["soft all"]],
  ];
  for (const [order, names] of rows) assertEquals(namesOf(order), names);
});

Deno.test("a URL is purged wherever a route may have stored it", () => {
  assertEquals(namesOf({ url: "h/a?b" }, [PLAIN, OTHER] as never), [
    "key: h /a?b",
    "key: h /a?b https",
    "key: h /a x",
    "key: h /a x https",
  ]);
});

Deno.test("what is wrong with an order is said in a line", () => {
  const one = "url, prefix, tag, host, all";
  const rows: readonly [order: unknown, message: string][] = [
    [null, `a purge is an object with one of ${one}`],
    [[], `a purge is an object with one of ${one}`],
    ["http://h/", `a purge is an object with one of ${one}`],
    [{}, `a purge has exactly one of ${one}`],
    [{ soft: true }, `a purge has exactly one of ${one}`],
    [
      { url: "h", tag: "t" },
      `a purge has exactly one of ${one}, not url and tag`,
    ],
    [{ urls: [] }, `urls: unknown; a purge has one of ${one}, and soft`],
    [{ all: 1 }, "all: must be true"],
    [{ all: true, soft: "yes" }, "soft: must be true or false"],
    [{ url: 7 }, "url: must be a text"],
    [
      { url: "ftp://h/" },
      'url: "ftp://h/" is not a URL like http://shop.example/item/7',
    ],
    [
      { prefix: "/item/" },
      'prefix: "/item/" is not a URL like http://shop.example/item/7',
    ],
    [{ tag: "a b" }, 'tag: "a b" is not one tag'],
    [
      { host: "http://h" },
      'host: "http://h" is not a host like shop.example',
    ],
  ];
  for (const [order, message] of rows) {
    assertThrows(() => readPurgeOrder(order), SyntaxError, message);
  }
});
