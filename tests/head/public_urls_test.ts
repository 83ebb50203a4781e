/** What an origin says of itself, as clients have to see it. */

import {
  mapsAnything,
  publicCookie,
  publicLocation,
  type PublicMapping,
} from "../../lib/head/public_urls.ts";
import { assertEquals } from "../support/assert.ts";

const PUBLIC = "https://acme.example:8443";

function mapping(
  strip: string,
  prepend: string,
  ...names: readonly string[]
): PublicMapping {
  const origins = names.map((name) => {
    const { hostname, port } = new URL(`http://${name}/`);
    return { host: hostname, port: Number(port || "80") };
  });
  return { strip, prepend, origins };
}

const NONE = mapping("", "");
const STRIP = mapping("/api", "");
const PREPEND = mapping("", "/v2");
const BOTH = mapping("/api", "/v2");
const NAMED = mapping("", "", "app.internal", "10.0.0.1:3000", "[::1]:3000");
const SECURE = mapping("", "", "app.internal:443");
const ALL = mapping("/api", "/v2", "app.internal:3000");

/** An empty result: it stays as it came. */
const LOCATIONS: readonly (readonly [
  mapping: PublicMapping,
  value: string,
  mapped: string,
])[] = [
  [NONE, "/x", ""],
  [NONE, "http://app.internal/x", ""],
  [STRIP, "/", "/api/"],
  [STRIP, "/x?y#z", "/api/x?y#z"],
  [STRIP, "/api/x", "/api/api/x"],
  [STRIP, "x", ""],
  [STRIP, "../x", ""],
  [STRIP, "?x", ""],
  [STRIP, "", ""],
  [STRIP, "//other.example/x", ""],
  [STRIP, "/\\other.example/x", ""],
  [STRIP, "https://other.example/x", ""],
  [STRIP, "mailto:a@b", ""],
  [PREPEND, "/v2/x", "/x"],
  [PREPEND, "/v2", "/"],
  [PREPEND, "/v2?x", "/?x"],
  [PREPEND, "/v2#x", "/#x"],
  [PREPEND, "/v22", ""],
  [PREPEND, "/x", ""],
  // What the prefix kept from being a host does not become one.
  [PREPEND, "/v2//evil.example", "/evil.example"],
  [PREPEND, "/v2/\\evil.example", "/evil.example"],
  [PREPEND, "/v2/\t/evil.example", "/evil.example"],
  [BOTH, "/v2/x", "/api/x"],
  [BOTH, "/v2//x", "/api//x"],
  [BOTH, "/x", ""],
  [NAMED, "/x", ""],
  [NAMED, "http://app.internal/x?y", `${PUBLIC}/x?y`],
  [NAMED, "http://APP.internal.:80/x", `${PUBLIC}/x`],
  [NAMED, "https://app.internal/x", `${PUBLIC}/x`], // it believes X-Forwarded-Proto
  [NAMED, "https://app.internal:443", `${PUBLIC}/`],
  [NAMED, "http://app.internal?x", `${PUBLIC}/?x`],
  [NAMED, "//app.internal/x", `${PUBLIC}/x`],
  [NAMED, "http://app.internal:3000/x", ""],
  [NAMED, "http://10.0.0.1:3000/x", `${PUBLIC}/x`],
  [NAMED, "http://10.0.0.1/x", ""],
  [NAMED, "http://[::1]:3000/x", `${PUBLIC}/x`],
  [NAMED, "http://app.internal@other.example/", ""],
  [NAMED, "http://u@app.internal/", ""],
  [NAMED, "http://app.internal.other.example/", ""],
  [NAMED, "ftp://app.internal/", ""],
  [NAMED, "http:/app.internal/", ""],
  [SECURE, "http://app.internal:80/x", `${PUBLIC}/x`],
  [SECURE, "https://app.internal:443/x", `${PUBLIC}/x`],
  [SECURE, "https://app.internal:80/x", ""],
  [SECURE, "http://app.internal:443/x", `${PUBLIC}/x`],
  [ALL, "http://app.internal:3000/v2/x", `${PUBLIC}/api/x`],
  [ALL, "http://app.internal:3000/v2", `${PUBLIC}/api/`],
  [ALL, "http://app.internal:3000/x", `${PUBLIC}/x`],
  [ALL, "http://app.internal:3000//x", `${PUBLIC}//x`],
];

for (const [map, value, mapped] of LOCATIONS) {
  const from = `${map.strip || "-"} ${
    map.prepend || "-"
  } ${map.origins.length}`;
  Deno.test(`Location ${JSON.stringify(value)} by ${from}`, () => {
    assertEquals(publicLocation(value, map, PUBLIC) ?? "", mapped);
  });
}

const COOKIES: readonly (readonly [
  mapping: PublicMapping,
  value: string,
  mapped: string,
])[] = [
  [NONE, "a=b; Path=/; Domain=app.internal", ""],
  [NAMED, "a=b; Domain=app.internal; Secure", "a=b; Secure"],
  [NAMED, "a=b; domain = .APP.Internal ;Secure", "a=b;Secure"],
  [NAMED, "a=b; Domain=10.0.0.1", "a=b"],
  [NAMED, "a=b; Domain=other.example", ""],
  [NAMED, "a=b; Domain=internal", ""],
  [NAMED, "domain=app.internal; Secure", ""], // the cookie's own name
  [NAMED, "a=b; Path=/x", ""],
  [STRIP, "a=b", ""],
  [STRIP, "a=b; Path=/", "a=b; Path=/api"],
  [STRIP, "a=b; path=/x; HttpOnly", "a=b; Path=/api/x; HttpOnly"],
  [STRIP, "a=b; Path=x", ""],
  [STRIP, "a=b; Path", ""],
  [STRIP, "path=/x", ""],
  [STRIP, "__Host-a=b; Path=/; Secure", ""],
  [STRIP, "__Secure-a=b; Path=/; Secure", "__Secure-a=b; Path=/api; Secure"],
  [PREPEND, "a=b; Path=/v2/x", "a=b; Path=/x"],
  [PREPEND, "a=b; Path=/v2", "a=b; Path=/"],
  [PREPEND, "a=b; Path=/", ""],
  [PREPEND, "a=b; Path=/x", ""],
  [BOTH, "a=b; Path=/v2/x", "a=b; Path=/api/x"],
  [BOTH, "a=b; Path=/", "a=b; Path=/api"],
  [ALL, "a=b; Path=/v2/x; Domain=app.internal", "a=b; Path=/api/x"],
  [ALL, "", ""],
];

for (const [map, value, mapped] of COOKIES) {
  const from = `${map.strip || "-"} ${
    map.prepend || "-"
  } ${map.origins.length}`;
  Deno.test(`Set-Cookie ${JSON.stringify(value)} by ${from}`, () => {
    assertEquals(publicCookie(value, map) ?? "", mapped);
  });
}

Deno.test("where nothing is mapped nothing is read", () => {
  assertEquals([NONE, STRIP, PREPEND, NAMED].map(mapsAnything), [
    false,
    true,
    true,
    true,
  ]);
});
