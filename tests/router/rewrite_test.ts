/** Targets that handlers get in place of those that were asked for. */

import {
  compileRewrite,
  rewriteRequest,
  type RewriteSpec,
  rewriteTarget,
} from "../../lib/router/rewrite.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { head } from "../support/request_heads.ts";
import { LIMITS } from "../support/splits.ts";

/** By target: what becomes of it; empty if it stays. */
const ROWS: readonly {
  readonly spec: RewriteSpec;
  readonly targets: Readonly<Record<string, string>>;
}[] = [
  {
    spec: { strip: "/api" },
    targets: {
      "/api": "/",
      "/api/": "/",
      "/api/x?y=/api": "/x?y=/api",
      "/apix": "",
      "/x/api": "",
      "/api//x": "/x",
      "/api///x//y?//z": "/x//y?//z",
      "/api?": "/?",
    },
  },
  { spec: { strip: "/api/" }, targets: { "/api": "/", "/api/x": "/x" } },
  { spec: { strip: "/" }, targets: { "/x": "", "//x": "" } },
  {
    spec: { strip: "/caf\u00e9/%7ex" },
    targets: { "/caf%C3%A9/~x/y": "/y" },
  },
  {
    spec: { prepend: "/v2/" },
    targets: { "/": "/v2/", "/x?y": "/v2/x?y", "//x": "/v2//x" },
  },
  {
    spec: { strip: "/api", prepend: "/v2" },
    targets: { "/api": "/v2/", "/api/x": "/v2/x", "/x": "/v2/x" },
  },
  { spec: { strip: "/a", prepend: "/a" }, targets: { "/a/x": "" } },
  {
    spec: { match: "^/a/(.*)$", to: "/$1" },
    targets: { "/a//x/y": "/x/y", "/a/%2F": "/%2F", "/b//x": "", "//a/x": "" },
  },
  {
    spec: { match: "^/q/(.*)$", to: "/$1?q" },
    targets: { "/q//x?y": "/x?q&y" },
  },
  {
    spec: { match: "^/old/([^/]+)/(.*)$", to: "/new/$2/$1" },
    targets: {
      "/old/a/b/c?d": "/new/b/c/a?d",
      "/old/a/": "/new//a",
      "/old/a": "",
      "/x/old/a/b": "",
    },
  },
  {
    spec: {
      match: "^/(?<user>\\w+)\\.php$",
      to: "/u?name=$<user>&all=$0&usd=$$1",
    },
    targets: {
      "/ann.php": "/u?name=ann&all=/ann.php&usd=$1",
      "/ann.php?a=b": "/u?name=ann&all=/ann.php&usd=$1&a=b",
      "/ann.php?": "/u?name=ann&all=/ann.php&usd=$1",
    },
  },
  // It matches a part, and replaces the whole.
  { spec: { match: "^/x", to: "/y" }, targets: { "/x/z": "/y" } },
  {
    spec: { match: "^/(a)?b", to: "/$1c" },
    targets: { "/b": "/c", "/ab": "/ac" },
  },
  // What is put together is resolved before anybody sees it.
  {
    spec: { match: "^/(.)x(.)/(.*)$", to: "/a/$1$2/$3" },
    targets: { "/.x./b": "/b", "/%2Ex%2E/b": "" },
  },
  {
    spec: { match: "^/(.)(.)(.*)$", to: "/$1$3" },
    targets: { "/%3F": "/%25F" },
  },
  {
    spec: { match: "^/a$", to: "/\u20ac?\u20ac" },
    targets: { "/a": "/%E2%82%AC?%E2%82%AC" },
  },
  { spec: { match: "^/same$", to: "/same" }, targets: { "/same?x": "" } },
];

for (const { spec, targets } of ROWS) {
  const rewrite = compileRewrite(spec);
  for (const [target, expected] of Object.entries(targets)) {
    Deno.test(`${JSON.stringify(spec)} of ${target}`, () => {
      const mark = target.indexOf("?");
      const [path, query] = mark < 0
        ? [target, ""]
        : [target.slice(0, mark), target.slice(mark)];
      const result = rewriteTarget(rewrite, path, query);
      assertEquals(result ?? "", expected);
      assert(result === undefined || /^\/[!-"$-~]*$/.test(result));
    });
  }
}

const UNUSABLE: readonly (readonly [spec: RewriteSpec, message: string])[] = [
  [{}, "A rewrite needs strip, prepend, or match and to"],
  [
    { strip: "api" },
    'Cannot use "api" as strip: a prefix begins with "/" and has no query, fragment, spaces or controls',
  ],
  [
    { prepend: "/a?b" },
    'Cannot use "/a?b" as prepend: a prefix begins with "/" and has no query, fragment, spaces or controls',
  ],
  [
    { prepend: "/a\r\nb" },
    'Cannot use "/a\r\nb" as prepend: a prefix begins with "/" and has no query, fragment, spaces or controls',
  ],
  [
    { match: "^/a", to: "b" },
    'Cannot rewrite to "b": a target begins with "/" and has no fragment, spaces or controls',
  ],
  [
    { match: "^/a", to: "/b c" },
    'Cannot rewrite to "/b c": a target begins with "/" and has no fragment, spaces or controls',
  ],
  [
    { match: "^/a", to: "/$1" },
    'Cannot rewrite to "/$1": there is no group $1; write $$ for $',
  ],
  [
    { match: "^/(a)", to: "/$<b>" },
    'Cannot rewrite to "/$<b>": there is no group $<b>; write $$ for $',
  ],
  [
    { match: "^/a", to: "/$" },
    'Cannot rewrite to "/$": there is no group $; write $$ for $',
  ],
  [
    { match: "^/(a)", to: "/" + "$1".repeat(17) },
    `Cannot rewrite to "/${"$1".repeat(17)}": more than 16 groups`,
  ],
  [
    { match: "^/(a", to: "/" },
    'Cannot use the regular expression "^/(a": Invalid regular expression: /^/(a/: Unterminated group',
  ],
  [
    { match: "^/(a+)+$", to: "/" },
    'Cannot use the regular expression "^/(a+)+$": some paths would take more than linear time',
  ],
  [
    { match: "^/.*.*$", to: "/" },
    'Cannot use the regular expression "^/.*.*$": some paths would take more than linear time',
  ],
  [
    { match: "/x/(.*)/y", to: "/" },
    'Cannot use the regular expression "/x/(.*)/y": some paths would take more than linear time; it may begin anywhere: begin it with ^',
  ],
  [
    { match: "^/(?=a)", to: "/" },
    'Cannot use the regular expression "^/(?=a)": it looks ahead or behind',
  ],
  [
    { match: "^/(a)\\1", to: "/" },
    'Cannot use the regular expression "^/(a)\\1": Cannot read /^\\/(a)\\1/ at 8',
  ],
  [
    { match: "^/a\\B", to: "/" },
    'Cannot use the regular expression "^/a\\B": Cannot read /^\\/a\\B/ at 6',
  ],
  [
    { match: "^/(?:a?){30}", to: "/" },
    'Cannot use the regular expression "^/(?:a?){30}": it counts repetitions of a group',
  ],
  [
    { match: "^/a{300}", to: "/" },
    'Cannot use the regular expression "^/a{300}": More than 200 states',
  ],
  [
    { match: `^/${"a".repeat(500)}`, to: "/" },
    `Cannot use the regular expression "^/${
      "a".repeat(500)
    }": more than 500 characters`,
  ],
];

for (const [spec, message] of UNUSABLE) {
  Deno.test(`no rewrite is ${JSON.stringify(spec).slice(0, 60)}`, () => {
    const error = assertThrows(() => compileRewrite(spec), SyntaxError);
    assertEquals(error.message, message);
  });
}

Deno.test("usual regular expressions are proven to be linear", () => {
  for (
    const match of [
      "^/(.*)$",
      "^/old/([^/]+)/(\\d+)(?:/(.*))?$",
      "^/(?:en|fr|de)/(.*)\\.html$",
      "^/wiki/([A-Za-z0-9_-]+)/?$",
      "^/archive/(\\d{4})/(\\d{2})/(\\d{2})/([^/]+)\\.aspx$",
      "\\.php$",
      "^/api/v[12]/",
    ]
  ) compileRewrite({ match, to: "/" });
});

Deno.test("the target of a request is rewritten in whatever form it came", () => {
  const rewrite = compileRewrite({ strip: "/api", prepend: "/v2" });
  const ask = (line: string): string | undefined => {
    const bytes = head(`${line} HTTP/1.1`, "Host: a.example");
    const request = new RequestHead();
    request.begin(0, LIMITS);
    assert(request.parse(bytes, bytes.length));
    return rewriteRequest(rewrite, request);
  };
  assertEquals(ask("GET /x/../api/%7ea?b=%7e"), "/v2/~a?b=%7e");
  assertEquals(ask("GET http://a.example/api?b"), "/v2/?b");
  assertEquals(ask("GET http://a.example"), "/v2/");
  assertEquals(ask("OPTIONS *"), undefined);
  assertEquals(ask("CONNECT a.example:443"), undefined);
});
