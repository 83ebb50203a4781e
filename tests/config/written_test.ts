/** Values that only a configuration file has. */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { parsePercent, parseRate } from "../../lib/config/units.ts";
import {
  parseBy,
  parseHostNames,
  parseRedirectTarget,
  parseStatusRanges,
} from "../../lib/config/written.ts";

Deno.test("rates and percentages", () => {
  assertEquals(parseRate("10/s"), { count: 10, periodMs: 1000 });
  assertEquals(parseRate("600/m"), { count: 600, periodMs: 60_000 });
  assertEquals(parseRate("1000 / h"), { count: 1000, periodMs: 3_600_000 });
  assertEquals(parseRate("5/d"), { count: 5, periodMs: 86_400_000 });
  assertEquals(parsePercent("0.5%"), 0.5);
  assertEquals(parsePercent("100 %"), 100);
});

/** What is refused, and what is said of it. */
const WRONG: readonly (readonly [
  read: (text: string) => unknown,
  text: string,
  message: string,
])[] = [
  ...["", "10", "/s", "0/s", "10/w", "-1/s", "1.5/s", "1e3/s"].map((text) =>
    [
      parseRate,
      text,
      `"${text}" is not a rate: write it like 10/s, 600/m, 1000/h`,
    ] as const
  ),
  [
    parseRate,
    "10/min",
    '"10/min" is not a rate: write it like 10/s, 600/m, 1000/h; did you mean 10/m?',
  ],
  [
    parseRate,
    "10r/s",
    '"10r/s" is not a rate: write it like 10/s, 600/m, 1000/h; did you mean 10/s?',
  ],
  [
    parseRate,
    "5 per hour",
    '"5 per hour" is not a rate: write it like 10/s, 600/m, 1000/h; did you mean 5/h?',
  ],
  [parsePercent, "101%", '"101%" is not a percentage: write it like 20%'],
  [
    parsePercent,
    "20",
    '"20" is not a percentage: write it like 20%; did you mean 20%?',
  ],
  [
    parseStatusRanges,
    "600",
    '"600" is not a status: write it like 200, 2xx, 200-299 or 2xx-3xx',
  ],
  [
    parseStatusRanges,
    "300-200",
    '"300-200" is not a status: write it like 200, 2xx, 200-299 or 2xx-3xx',
  ],
  [
    parseBy(["client"]),
    "header:",
    '"header:" is not client, header:NAME or cookie:NAME',
  ],
  [
    parseBy(["client"]),
    "header:a b",
    '"header:a b" is not client, header:NAME or cookie:NAME',
  ],
  [parseHostNames, "", '"" is not a host: write a name, *.name or *'],
  [parseHostNames, "a,", '"" is not a host: write a name, *.name or *'],
  [parseHostNames, "a..b", '"a..b" is not a host: write a name, *.name or *'],
  [
    parseHostNames,
    ".a.example",
    '".a.example" is not a host: write a name, *.name or *; did you mean *.a.example?',
  ],
  [parseHostNames, "a_b/c", '"a_b/c" is not a host: write a name, *.name or *'],
  [
    parseHostNames,
    `${"a".repeat(64)}.b`,
    `"${"a".repeat(64)}.b" is not a host: write a name, *.name or *`,
  ],
  [parseHostNames, "[::1", '"[::1" is not a host: write a name, *.name or *'],
  [
    parseRedirectTarget,
    "//evil.example",
    'Cannot redirect to "//evil.example": write the scheme before //',
  ],
  [
    parseRedirectTarget,
    "javascript:alert(1)",
    'Cannot redirect to "javascript:alert(1)": it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"',
  ],
  [
    parseRedirectTarget,
    "/a b",
    'Cannot redirect to "/a b": spaces and controls are written %XX',
  ],
];

for (const [read, text, message] of WRONG) {
  Deno.test(`refused: ${text.slice(0, 30)}`, () => {
    assertEquals(assertThrows(() => read(text), SyntaxError).message, message);
  });
}

Deno.test("names of hosts have one form", () => {
  assertEquals(parseHostNames("A.Example., *.b , *"), [
    "a.example",
    "*.b",
    "*",
  ]);
  assertEquals(parseHostNames("MÜLLER.example, *.müller.example"), [
    "xn--mller-kva.example",
    "*.xn--mller-kva.example",
  ]);
  assertEquals(parseHostNames("127.0.0.1, [::1]"), ["127.0.0.1", "[::1]"]);
});

Deno.test("statuses and their classes", () => {
  assertEquals(parseStatusRanges("200, 3xx,400-404,2xx-3xx"), [
    { first: 200, last: 200 },
    { first: 300, last: 399 },
    { first: 400, last: 404 },
    { first: 200, last: 399 },
  ]);
});

Deno.test("the name of a host has 253 characters at most", () => {
  const name = `${`${"a".repeat(49)}.`.repeat(5)}abc`;
  assertEquals([name.length, parseHostNames(name)], [253, [name]]);
  assertEquals(parseHostNames(`*.${name}`), [`*.${name}`]);
  assertThrows(() => parseHostNames(`${name}d`), SyntaxError);
});
