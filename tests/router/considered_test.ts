/** The routes that are named to people: the first whose condition holds is the one that takes the request. */

import { RequestHead } from "../../lib/http/request_head.ts";
import { compileRouter } from "../../lib/router/compile.ts";
import { parseWhole, requestBytes } from "../../lib/router/route_request.ts";
import { assertEquals } from "../support/assert.ts";

const PATTERNS = [
  "/",
  "/a",
  "/a/*",
  "/a/b",
  "/a/*/c",
  "/*/b",
  "/a*",
  "/*.php",
  "/é/*",
  "/a%20b/*",
];
const PATHS = [
  "/",
  "/a",
  "/a/",
  "/a/b",
  "/a/b/c",
  "/x/b",
  "/ab",
  "/x.php",
  "/a/x.php",
  "/%C3%A9/x",
  "/a%20b",
  "/A",
  "/a/../a/b",
  "/a?x",
  "/a%2Fb",
];
const LIMITS = {
  headBytesMax: 1000,
  targetBytesMax: 1000,
  fieldCountMax: 10,
};

const router = compileRouter([{
  names: ["*"],
  routes: PATTERNS.flatMap((pattern) => [
    { pattern, when: { method: "PUT" }, value: `${pattern} PUT`, guards: [] },
    { pattern, when: { method: "G*" }, value: `${pattern} G`, guards: [] },
    { pattern, when: undefined, value: pattern, guards: [] },
  ]),
}]);

for (const method of ["GET", "PUT", "POST"]) {
  for (const path of PATHS) {
    Deno.test(`the routes for ${method} ${path}`, () => {
      const request = new RequestHead();
      request.begin(0, LIMITS);
      parseWhole(request, requestBytes(method, `http://h${path}`, []));
      const considered = router.considered(request, "127.0.0.1");
      const first = considered.find(({ holds }) => holds);
      const taken = router.route(request, "127.0.0.1");
      assertEquals(
        first?.index,
        taken.kind === "match" ? taken.index : undefined,
      );
      const when = considered.map(({ when }) => when);
      assertEquals(when.length % 3, 0);
      assertEquals(when.slice(0, 3).at(-1), undefined);
    });
  }
}
