/** Tags for purging are between the origin and the cache: also those of a response that only passes. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const TAGS = ["Cache-Tag: a", "Surrogate-Key: b"];

interface Row {
  readonly what: string;
  readonly control: string;
  readonly flags: readonly string[];
  readonly arePassed: boolean;
}

const ROWS: readonly Row[] = [
  {
    what: "stored",
    control: "max-age=60",
    flags: [],
    arePassed: false,
  },
  {
    what: "not to be stored",
    control: "no-store",
    flags: [],
    arePassed: false,
  },
  {
    what: "stored, where tags may pass",
    control: "max-age=60",
    flags: ["--cache-tags"],
    arePassed: true,
  },
  {
    what: "not to be stored, where tags may pass",
    control: "no-store",
    flags: ["--cache-tags"],
    arePassed: true,
  },
  {
    what: "passed without a cache",
    control: "max-age=60",
    flags: ["--cache-size", "off"],
    arePassed: true,
  },
];

for (const { what, control, flags, arePassed } of ROWS) {
  Deno.test(`tags of a response: ${what}`, async () => {
    await using origin = Origin.answering(() =>
      ok("x", `Cache-Control: ${control}`, ...TAGS)
    );
    await using proxy = await Proxy.start(origin, ...flags);
    const expected = arePassed ? ["a", "b"] : [undefined, undefined];
    const requests = [get("/"), get("/"), get("/").replace("GET", "POST")];
    for (const request of requests) {
      const response = await exchange(proxy, request);
      assertEquals(
        [response.field("cache-tag"), response.field("surrogate-key")],
        expected,
      );
    }
  });
}
