/** What can be asked about, and what cannot. */

import { questionOf, readQuestion } from "../../lib/explain/question.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const LONG = `http://a.example/${"a".repeat(8 * 1024)}`;

/** Queries, and what is wrong with them. */
const BAD: readonly (readonly [query: string, words: string])[] = [
  ["", "The parameter url is missing"],
  ["url=", 'Cannot read the URL ""'],
  ["url=a.example", "expected http://host/path"],
  ["url=/path", "expected http://host/path"],
  ["url=ftp://a/", "expected http://host/path"],
  ["url=http://", "has no host"],
  ["url=http:///x", "has no host"],
  ["url=http://a/%0d%0aX:%20y", "has a line break or a NUL"],
  ["url=http://a/&method=G%20T", "is not a method"],
  ["url=http://a/&method=", "is not a method"],
  ["url=http://a/&method=GET%0d%0aX:%20y", "is not a method"],
  ["url=http://a/&header=X:%20y%0d%0aZ:%20z", "has a line break or a NUL"],
  ["url=http://a/&header=X:%20y%0aZ:%20z", "has a line break or a NUL"],
  ["url=http://a/&header=X:%20y%00", "has a line break or a NUL"],
  ["url=http://a/&header=nothing", 'expected "name: value"'],
  ["url=http://a/&header=a%20b:%20c", 'expected "name: value"'],
  ["url=http://a/&client=nobody", "is not an IP address"],
  ["url=http://a/&format=json", 'Unknown parameter "format"'],
  ["url=http://a/&methode=GET", 'Unknown parameter "methode"'],
  [`url=${LONG.repeat(9)}`, "The request is too long"],
  [`url=http://a/${"&header=a:b".repeat(201)}`, "The request is too long"],
];

for (const [query, words] of BAD) {
  Deno.test(`no question: ${query.slice(0, 80)}`, () => {
    assertThrows(
      () => questionOf(new URLSearchParams(query)),
      SyntaxError,
      words,
    );
  });
}

Deno.test("a question has a method, a URL, headers and a client", () => {
  assertEquals(readQuestion({ url: "http://a.example/x" }), {
    method: "GET",
    url: "http://a.example/x",
    headers: [],
    client: "127.0.0.1",
  });
  const query = "url=https://a/%3fb&method=PUT&header=A:+b&header=c:d" +
    "&client=2001:db8::1";
  assertEquals(questionOf(new URLSearchParams(query)), {
    method: "PUT",
    url: "https://a/?b",
    headers: [["A", "b"], ["c", "d"]],
    client: "2001:db8::1",
  });
  assertEquals(readQuestion({ url: LONG }).url, LONG);
});
