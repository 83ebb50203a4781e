/** The table of reasons: closed, used, and fit to be read. */

import { REASON_CODES, REASONS, rowOf } from "../../lib/reasons/reason.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const TOKEN = /^[a-z]+(?:-[a-z]+)*$/;
const LIB = new URL("../../lib/", import.meta.url);

/** The program's files outside the room of reasons. */
function* sources(directory = LIB): Generator<string> {
  for (const entry of Deno.readDirSync(directory)) {
    const url = new URL(entry.name, directory);
    if (entry.isDirectory && entry.name !== "reasons") {
      yield* sources(new URL(`${url.href}/`));
    } else if (entry.name.endsWith(".ts")) yield Deno.readTextFileSync(url);
  }
}

Deno.test("every reason is given somewhere", () => {
  const text = [...sources()].join("\n");
  const unused = REASON_CODES.filter((code) => !text.includes(`"${code}"`));
  assertEquals(unused, []);
});

Deno.test("a reason is a token, a sentence, and a section of an RFC or none", () => {
  for (const code of REASON_CODES) {
    const { token, words, source } = rowOf(code);
    const { group } = rowOf(code);
    // The log has underscores where it tells how something ended, as in its errors.
    const form = group === "close" ? /^[a-z]+(?:_[a-z]+)*$/ : TOKEN;
    assertMatch(code, form);
    assertMatch(token, form);
    assertMatch(words, /^[A-Z304].*[^.]\.$/, code);
    assert(words.length <= 90, `${code}: ${words}`);
    assertMatch(source, /^(?:\d{4} §\d+(?:\.\d+)*)?$/, code);
  }
});

Deno.test("no code is in two groups, and codes that share a token share a group", () => {
  // A table that is made of several would lose the first of two rows with one code.
  const words = Object.values(REASONS).map((row) => row.words);
  assertEquals(new Set(words).size, words.length);
  const owners = new Map<string, string>();
  for (const code of REASON_CODES) {
    const { token, group } = rowOf(code);
    const owner = owners.get(token) ?? group;
    assertEquals(owner, group, token);
    owners.set(token, owner);
  }
});
