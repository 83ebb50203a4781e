/** Behind a proxy that ends TLS, what sluice says of itself begins with `https`. */

import { assertEquals } from "../support/assert.ts";
import { siteOf } from "../support/config_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, speakPlainHttp } from "../support/proxy.ts";

speakPlainHttp(
  "it is about schemes that a trusted proxy tells over plain HTTP",
);

const TRUST = { trustedProxies: "127.0.0.1" };
const HTTPS = "X-Forwarded-Proto: https";

/** Who is trusted, what a request says, and the scheme that it came by. */
type Row = readonly [
  trust: typeof TRUST | undefined,
  line: string,
  scheme: string,
];
const ROWS: readonly Row[] = [
  [TRUST, HTTPS, "https"],
  [TRUST, "X-Forwarded-Proto: HTTPS", "https"],
  [TRUST, "X-Forwarded-Proto: http", "http"],
  [TRUST, "X-Forwarded-Proto: gopher", "http"],
  [TRUST, "X-Other: 1", "http"],
  [undefined, HTTPS, "http"], // anybody can say so
];

for (const [trust, line, scheme] of ROWS) {
  const who = trust === TRUST ? "a trusted proxy" : "a client";
  Deno.test(`${who} says ${line}: it is ${scheme} in redirects and in URLs of the origin`, async () => {
    await using origin = Origin.answering(() =>
      ok("", `Location: ${origin.url}/there`)
    );
    const routes = {
      "/": { proxy: origin.url, host: "upstream" },
      "/old/*": { redirect: "{scheme}://new.test{uri}" },
    };
    await using site = await siteOf({ ...trust, hosts: { "*": routes } });
    const place = async (path: string): Promise<string | undefined> =>
      (await exchange(site, get(path, line))).field("location");
    assertEquals(await place("/old/x"), `${scheme}://new.test/old/x`);
    assertEquals(await place("/"), `${scheme}://sluice.test/there`);
  });
}

Deno.test("a stored place is told each client by its own scheme, if the origin is told none", async () => {
  let count = 0;
  await using origin = Origin.answering(() => {
    count++;
    const place = `Location: ${origin.url}/there`;
    return ok("", place, "Cache-Control: max-age=60");
  });
  const route = {
    proxy: origin.url,
    host: "upstream",
    requestHeaders: { "X-Forwarded-Proto": null },
  };
  await using site = await siteOf({ ...TRUST, hosts: { "*": { "/": route } } });
  for (const scheme of ["https", "http", "https"]) {
    const request = get("/", `X-Forwarded-Proto: ${scheme}`);
    const { field } = await exchange(site, request);
    assertEquals(field("location"), `${scheme}://sluice.test/there`);
  }
  assertEquals(count, 1);
});
