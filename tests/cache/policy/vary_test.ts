/** Which stored response a request selects: by every byte of what it varies on (RFC 9111 §4.1). */

import { assert, assertEquals } from "../../support/assert.ts";
import { LIMITS } from "../../support/splits.ts";
import {
  isSameSelection,
  type Selecting,
  selectingFields,
  selectingOf,
  type SelectingRequest,
  selectingValue,
  selects,
} from "../../../lib/cache/policy/vary.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import { FIELD, fieldIdOf } from "../../../lib/http/field.ts";
import { RequestHead } from "../../../lib/http/request_head.ts";
import { headWith } from "../../support/metadata.ts";

/** A request with these fields, which go on as they are; its values are asked for only if `mayAsk`. */
function requestOf(lines: readonly string[], mayAsk = true): SelectingRequest {
  const bytes = bytesOf(
    `GET / HTTP/1.1\r\n${["Host: h", ...lines].join("\r\n")}\r\n\r\n`,
  );
  const head = new RequestHead();
  head.begin(0, LIMITS);
  assert(head.parse(bytes, bytes.length));
  return {
    fields: head.fields,
    isOwn: () => true,
    hasLookAlike: () => false,
    value: (name) => {
      assert(mayAsk, `${name} was read as a string`);
      const found = lines.filter((line) =>
        line.toLowerCase().startsWith(`${name}:`)
      );
      return found.length === 0
        ? undefined
        : found.map((line) => line.slice(name.length + 1).trim()).join(", ");
    },
  };
}

/** A response that varies on `name`, for a request that said `value`. */
function varying(name: string, value: string | undefined): Selecting {
  return selectingOf(
    name,
    value === undefined ? value : bytesOf(value),
    value,
  );
}

Deno.test("a request selects what was stored for the very same value", () => {
  const rows: readonly [stored: string | undefined, sent: string][] = [
    ["abc", "abd"],
    ["abc", "bbc"],
    ["abc", "ab"],
    ["abc", "abcd"],
    ["abc", ""],
    ["a", "b"],
    ["", "a"],
    [undefined, "a"],
    ["abc", "ABC"],
  ];
  for (const name of ["x-any", "accept-language", "user-agent"]) {
    for (const [stored, sent] of rows) {
      const selecting = [varying(name, stored)];
      const other = requestOf([`${name}: ${sent}`]);
      assert(!selects(selecting, other), `${name}: ${stored} and ${sent}`);
      const lines = stored === undefined ? [] : [`${name}: ${stored}`];
      assert(selects(selecting, requestOf(lines)), `${name}: ${stored}`);
    }
  }
});

Deno.test("the usual request is compared byte by byte, without strings", () => {
  for (const name of ["x-any", "accept-language"]) {
    const selecting = [varying(name, "abc"), varying("user-agent", "x")];
    const lines = [`${name}: abc`, "User-Agent: x"];
    assert(selects(selecting, requestOf(lines, false)));
  }
});

Deno.test("every field that a response varies on counts", () => {
  const selecting = [varying("x-a", "1"), varying("x-b", "2")];
  assert(selects(selecting, requestOf(["X-A: 1", "X-B: 2"])));
  assert(!selects(selecting, requestOf(["X-A: 1", "X-B: 3"])));
  assert(!selects(selecting, requestOf(["X-A: 3", "X-B: 2"])));
  assert(!selects(selecting, requestOf(["X-A: 1"])));
  assert(!selects(selecting, requestOf(["X-A: 1", "X-B: 2", "X-B: 2"])));
});

Deno.test("one response replaces another if name and value of all that they vary on are the same", () => {
  const a = varying("x-a", "1");
  const b = varying("x-b", "1");
  const rows: readonly [Selecting[], Selecting[], boolean][] = [
    [[], [], true],
    [[a], [a], true],
    [[a, b], [a, b], true],
    [[a], [], false],
    [[], [a], false],
    [[a], [a, b], false],
    [[a, b], [a], false],
    [[a], [b], false],
    [[a], [varying("x-a", "2")], false],
    [[a], [varying("x-a", undefined)], false],
    [[a, b], [a, varying("x-b", "2")], false],
  ];
  for (const [one, other, isSame] of rows) {
    assertEquals(isSameSelection(one, other), isSame);
  }
});

Deno.test("what a response varies on", async (t) => {
  const many = (count: number): string =>
    Array.from({ length: count }, (_, i) => `x-${i}`).join();
  const rows: [
    what: string,
    vary: string[],
    names: string | number | undefined,
    variesOnCoding?: boolean,
  ][] = [
    ["nothing", [], ""],
    ["nothing said", [], "accept-encoding", true],
    ["an empty Vary", ["Vary: , ,"], ""],
    ["in order, each once", ["Vary: B, a", "Vary: b,,A "], "a b"],
    ["codings besides", ["Vary: B"], "accept-encoding b", true],
    [
      "codings, said as well",
      ["Vary: Accept-Encoding"],
      "accept-encoding",
      true,
    ],
    ["anything", ["Vary: a, *"], undefined],
    ["what the key settles", ["Vary: Host, X-Forwarded-Proto, a"], "a"],
    [
      "what no two requests need have in common",
      ["Vary: If-None-Match"],
      undefined,
    ],
    ["a name that stands for several", ["Vary: accept_encoding"], undefined],
    [
      "what says who the client is",
      ["Vary: X-Forwarded-For"],
      "x-forwarded-for",
    ],
    ["Forwarded", ["Vary: Forwarded"], "forwarded"],
    ["sixteen fields", [`Vary: ${many(16)}`], 16],
    ["seventeen fields", [`Vary: ${many(17)}`], undefined],
  ];
  for (const [what, vary, expected, variesOnCoding] of rows) {
    await t.step(what, () => {
      const { fields } = headWith(...vary);
      const found = selectingFields(fields, requestOf([]), variesOnCoding);
      const names = found?.map(({ name }) => name);
      if (typeof expected === "number") assertEquals(names?.length, expected);
      else assertEquals(names?.join(" "), expected);
    });
  }
});

Deno.test("what the request said of it: its one line, if it goes on", () => {
  const { fields } = headWith("Vary: A, Accept");
  const selecting = (request: SelectingRequest): unknown =>
    selectingFields(fields, request)?.map(({ bytes, value }) => [
      bytes === undefined ? undefined : String.fromCharCode(...bytes),
      value,
    ]);
  const request = requestOf(["A:  1 ", "Accept: x", "Accept: y"]);
  assertEquals(selecting(request), [["1", "1"], [undefined, "x, y"]]);
  assertEquals(selecting({ ...request, isOwn: () => false }), [
    [undefined, "1"],
    [undefined, "x, y"],
  ]);
  assertEquals(selecting({ ...request, hasLookAlike: () => true }), undefined);
});

Deno.test("what counts of a value", () => {
  const valueOf = (name: string, text: string | undefined): unknown =>
    selectingValue(text, name, fieldIdOf(name));
  assertEquals(fieldIdOf("x-any"), FIELD.Other);
  assertEquals(valueOf("x-any", undefined), undefined);
  assertEquals(valueOf("x-any", "A , b"), "A,b");
  assertEquals(valueOf("accept-language", "DE , en"), "de,en");
  assertEquals(valueOf("cookie", "a , b"), "a , b"); // its commas are its own
});
