/** What was probably meant: near, and with something of the word left. */

import { assertEquals } from "../support/assert.ts";
import { nearest } from "../../lib/config/nearest.ts";

Deno.test("the nearest word, if it is near enough", () => {
  const words = ["cache", "log", "tls", "top", "upstreams"] as const;
  const rows = [
    ["cahce", "cache"],
    ["Cache", "cache"],
    ["lgo", "log"], // two letters changed places
    ["upstream", "upstreams"],
    ["x", undefined],
    ["", undefined],
    ["something", undefined],
  ] as const;
  for (const [word, meant] of rows) {
    assertEquals(nearest(word, words, 3), meant, word);
  }
  assertEquals(nearest("upstreamzzz", words, 2), undefined);
});
