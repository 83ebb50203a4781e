/** Texts with places that a request fills, and what nobody gets through them. */

import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { textOf } from "../../lib/http/bytes.ts";
import {
  type FieldRule,
  fieldRuleOf,
  writeFieldRules,
} from "../../lib/http/field_rule.ts";
import { RequestFacts } from "../../lib/http/request_facts.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import {
  bodyTextOf,
  fieldValueOf,
  locationOf,
  parseRedirect,
  parseTemplate,
  PLACEHOLDERS,
  staticText,
  type TemplateFacts,
} from "../../lib/http/template.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { head } from "../support/request_heads.ts";
import { LIMITS } from "../support/splits.ts";

function factsOf(...lines: readonly string[]): RequestFacts {
  const bytes = head(...lines);
  const request = new RequestHead();
  request.begin(0, LIMITS);
  assert(request.parse(bytes, bytes.length));
  return new RequestFacts(request, {
    scheme: "https",
    port: 8443,
    client: "192.0.2.1",
    id: () => "r1",
  });
}

const get = (target: string) =>
  factsOf(`GET ${target} HTTP/1.1`, "Host: a.example");

const FACTS: readonly (readonly [
  lines: readonly string[],
  facts: Partial<TemplateFacts>,
])[] = [
  [["POST /a/../b?c=d?e HTTP/1.1", "Host: A.example:81"], {
    scheme: "https",
    host: "A.example",
    port: "81",
    uri: "/a/../b?c=d?e",
    path: "/a/../b",
    query: "c=d?e",
    client: "192.0.2.1",
    method: "POST",
    id: "r1",
  }],
  [["GET / HTTP/1.1", "Host: a.example"], { port: "8443", query: "" }],
  [["GET /? HTTP/1.1", "Host: a.example:"], {
    port: "8443",
    uri: "/?",
    query: "",
  }],
  [["GET / HTTP/1.1", "Host: [::1]:81"], { host: "[::1]", port: "81" }],
  [["GET / HTTP/1.0"], { host: "", port: "8443" }],
  [["GET http://b.example:82 HTTP/1.1", "Host: a.example"], {
    host: "b.example",
    port: "82",
    uri: "/",
    path: "/",
  }],
  [["GET http://b.example?x=/y HTTP/1.1", "Host: a.example"], {
    uri: "/?x=/y",
    path: "/",
    query: "x=/y",
  }],
  [["OPTIONS * HTTP/1.1", "Host: a.example"], {
    uri: "/",
    path: "/",
    query: "",
  }],
  [["GET /x HTTP/1.1", "Host: a.example", "Referer: /?y"], { query: "" }],
];

for (const [lines, facts] of FACTS) {
  Deno.test(`what ${lines.join(", ")} says to templates`, () => {
    const all = factsOf(...lines);
    for (const [name, value] of Object.entries(facts)) {
      assertEquals(all[name as keyof TemplateFacts], value, name);
    }
  });
}

Deno.test("every placeholder can be written, and braces", () => {
  const all = PLACEHOLDERS.map((name) => `{${name}}`).join(" ");
  assertEquals(
    fieldValueOf(parseTemplate(`${all}{{path}}{{{id}}}`), get("/p?q")),
    "https a.example 8443 /p?q /p q 192.0.2.1 GET r1{path}{r1}",
  );
  assertEquals(staticText(parseTemplate("a {{b}} c")), "a {b} c");
  assertEquals(staticText(parseTemplate("")), "");
  assertEquals(staticText(parseTemplate("{id}")), undefined);
});

const UNREADABLE: Readonly<Record<string, string>> = {
  "a {b": "a single {; write {{ for a brace",
  "a } b": "a single }; write }} for a brace",
  "{request_uri}": "{request_uri} is unknown; did you mean {uri}?",
  "{http.request.host}": "{http.request.host} is unknown; did you mean {host}?",
  "{Scheme}": "{Scheme} is unknown; did you mean {scheme}?",
  "{pth}": "{pth} is unknown; did you mean {path}?",
  "{querry}": "{querry} is unknown; did you mean {query}?",
  "{clienf}": "{clienf} is unknown; did you mean {client}?",
  "{remote}":
    "{remote} is unknown; known are {scheme} {host} {port} {uri} {path} {query} {client} {method} {id}",
  "{}":
    "{} is unknown; known are {scheme} {host} {port} {uri} {path} {query} {client} {method} {id}",
  "{ id }": "{ id } is unknown; did you mean {id}?",
};

for (const [text, why] of Object.entries(UNREADABLE)) {
  Deno.test(`no template is ${text}`, () => {
    const error = assertThrows(() => parseTemplate(text), SyntaxError);
    assertEquals(error.message, `Cannot read "${text}": ${why}`);
  });
}

const HOSTILE: TemplateFacts = {
  scheme: "http",
  host: "evil.example",
  port: "80",
  uri: "//evil.example/\\\r\nSet-Cookie: a=b\0\x7f\u00e9<script>?\"'&",
  path: "/\\evil.example",
  query: "\r\n\r\n<html>",
  client: "192.0.2.1",
  method: "GET",
  id: "1",
};

Deno.test("no request puts a line or a control into a field or a body", () => {
  const template = parseTemplate("{uri} {query}");
  assertEquals(
    fieldValueOf(template, HOSTILE),
    "//evil.example/\\Set-Cookie: a=b\u00e9<script>?\"'& <html>",
  );
  assertEquals(
    bodyTextOf(template, HOSTILE, true),
    "//evil.example/\\Set-Cookie: a=b\ufffd&lt;script&gt;?&quot;&#39;&amp; &lt;html&gt;",
  );
  assertEquals(
    bodyTextOf(parseTemplate("\u20ac {path}"), get("/\xe2\x82\xac"), false),
    "\u20ac /\u20ac",
  );
});

const REDIRECTS: readonly (readonly [
  template: string,
  facts: TemplateFacts,
  location: string,
])[] = [
  ["https://b.example{uri}", get("/x?y"), "https://b.example/x?y"],
  [
    "https://b.example{uri}",
    HOSTILE,
    "https://b.example//evil.example/%5C%0D%0ASet-Cookie:%20a=b%00%7F%E9%3Cscript%3E?%22'&",
  ],
  ["https://{host}{uri}", get("//x"), "https://a.example//x"],
  ["{scheme}://{host}:{port}/a", get("/x"), "https://a.example:8443/a"],
  ["https://b.example/?from={path}", get("/x"), "https://b.example/?from=/x"],
  ["https://b.example", get("/x"), "https://b.example"],
  ["https://b.example/caf\u00e9", get("/x"), "https://b.example/caf%C3%A9"],
  ["app://open/{query}", get("/x?y"), "app://open/y"],
  ["/new{uri}", get("//x"), "/new//x"],
  ["/{query}", get("/x?/evil.example"), "/evil.example"],
  ["/{path}", get("//evil.example"), "/evil.example"],
  ["{uri}", get("//evil.example/x"), "/evil.example/x"],
  ["{uri}", get("///evil.example"), "/evil.example"],
  ["{path}", HOSTILE, "/%5Cevil.example"],
  ["/{query}", { ...HOSTILE, query: "\\evil.example" }, "/%5Cevil.example"],
  ["/{{x}}", get("/x"), "/%7Bx%7D"],
];

for (const [template, facts, location] of REDIRECTS) {
  Deno.test(`${template} redirects to ${location}`, () => {
    const value = locationOf(parseRedirect(template), facts);
    assertEquals(value, location);
    const base = "https://here.example/";
    // What a browser makes of it stays on the host that the template names.
    const { hostname } = new URL(value, base);
    const named = template.includes("{host}")
      ? "a.example"
      : template.startsWith("https://b.example")
      ? "b.example"
      : template.startsWith("app:")
      ? "open"
      : "here.example";
    assertEquals(hostname, named);
  });
}

const NO_REDIRECTS: Readonly<Record<string, string>> = {
  "": 'it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"',
  "b.example/x":
    'it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"',
  "{query}":
    'it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"',
  "{host}/x":
    'it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"',
  "javascript:alert(1)":
    'it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"',
  "javascript://%0aalert(1)": "no redirect leads to javascript://",
  "//b.example": "write the scheme before //",
  "/\\b.example": "write the scheme before //",
  "https://b.example{query}":
    "{query} would be a part of the host; put a / before it",
  "https://{id}.b.example/":
    "{id} would be a part of the host; put a / before it",
  "https://user@b.example/": "a host has no @ and no \\",
  "https://{uri}": "it has no host",
  "https:///x": "it has no host",
  "https://": "it has no host",
  "https://b.example/a b": "spaces and controls are written %XX",
  "https://b.example/\r\nA: b": "spaces and controls are written %XX",
};

for (const [template, why] of Object.entries(NO_REDIRECTS)) {
  Deno.test(`no redirect leads to ${JSON.stringify(template)}`, () => {
    const error = assertThrows(() => parseRedirect(template), SyntaxError);
    assertEquals(error.message, `Cannot redirect to "${template}": ${why}`);
  });
}

function rulesOf(
  headers: Readonly<Record<string, string | null>>,
): FieldRule[] {
  return Object.entries(headers).map(([name, value]) =>
    fieldRuleOf(name, value)
  );
}

Deno.test("headers by name become rules; only those with places are made for each request", () => {
  const rules = rulesOf({
    "X-From": " {method} {uri} ",
    "Server": null,
    "x-also": "1",
    "+X-Also": "{{static}}",
  });
  assertEquals(
    rules.map(({ action, name, line, made }) => [
      action,
      name,
      textOf(line, 0, line.length),
      made === undefined,
    ]),
    [
      ["set", "x-from", "", false],
      ["remove", "server", "", true],
      ["set", "x-also", "x-also: 1\r\n", true],
      ["add", "x-also", "X-Also: {static}\r\n", true],
    ],
  );
  const out = new ByteWriter(64);
  writeFieldRules(out, rules, HOSTILE);
  assertEquals(
    textOf(out.bytes, 0, out.length),
    "X-From: GET //evil.example/\\Set-Cookie: a=b\u00e9<script>?\"'&\r\n" +
      "x-also: 1\r\nX-Also: {static}\r\n",
  );
});

const NO_RULES: readonly (readonly [
  headers: Readonly<Record<string, string | null>>,
  message: string,
])[] = [
  [{ "a b": "c" }, 'Cannot use the header "a b": it is no name'],
  [{ "": "c" }, 'Cannot use the header "": it is no name'],
  [{ "+": "c" }, 'Cannot use the header "+": it is no name'],
  [{ "+A": null }, 'Cannot use the header "+A": to remove it, leave out the +'],
  [
    { Host: "a" },
    'Cannot use the header "Host": sluice writes Host itself; see "host"',
  ],
  [
    { Connection: null },
    'Cannot use the header "Connection": sluice writes Connection itself',
  ],
  [
    { A: "b\r\nc" },
    'Cannot use the value of "A": control or non-Latin-1 characters',
  ],
  [
    { A: "\u20ac" },
    'Cannot use the value of "A": control or non-Latin-1 characters',
  ],
  [
    { A: "{b}" },
    'Cannot read "{b}": {b} is unknown; known are {scheme} {host} {port} {uri} {path} {query} {client} {method} {id}',
  ],
];

for (const [headers, message] of NO_RULES) {
  Deno.test(`no rules are made of ${JSON.stringify(headers)}`, () => {
    const error = assertThrows(() => rulesOf(headers), SyntaxError);
    assertEquals(error.message, message);
  });
}
