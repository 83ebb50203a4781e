import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import {
  CLOSE,
  connectionOptions,
  isNominated,
  KEEP_ALIVE,
  NOMINATES,
  persists,
  TE,
  UPGRADE,
} from "../../lib/http/connection.ts";
import {
  FIELD,
  FIELD_COUNT,
  FIELD_FLAGS,
  FIELD_ROWS,
  fieldIdOf,
  HOP_BY_HOP,
  NOT_IN_TRAILERS,
} from "../../lib/http/field.ts";
import {
  FORWARDING_NAMES,
  FORWARDING_PREFIXES,
} from "../../lib/http/forwarding_fields.ts";
import {
  parseFieldRule,
  resolveFieldRules,
} from "../../lib/http/field_rule.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { FieldSection } from "../../lib/http/section.ts";

function sectionOf(...lines: readonly string[]): FieldSection {
  const bytes = bytesOf(lines.map((line) => `${line}\r\n`).join("") + "\r\n");
  const fields = new FieldSection();
  fields.begin(0, bytes.length, { fieldCountMax: 1000 });
  assert(fields.parse(bytes, bytes.length));
  return fields;
}

Deno.test("the fields are numbered without gaps, in the order of their rows", () => {
  const numbers = Object.values(FIELD);
  assertEquals(numbers, [...numbers.keys()]);
  assertEquals(FIELD_ROWS.length, numbers.length);
  assertEquals([...FIELD_FLAGS], FIELD_ROWS.map(({ flags }) => flags));
});

Deno.test("every registered field is found by its name in any case", () => {
  for (let id = FIELD.Alias + 1; id < FIELD_COUNT; id++) {
    const { name, source } = FIELD_ROWS[id]!;
    if (name === "") continue; // it stands for many names
    assert(source !== "", name);
    const mixed = name.replaceAll(/-./g, (two) => two.toUpperCase());
    for (const text of [name, name.toUpperCase(), mixed]) {
      assertEquals(sectionOf(`${text}: x`).id(0), id, text);
      assertEquals(fieldIdOf(text), id);
    }
    assertEquals(sectionOf(`x${name}: x`).id(0), FIELD.Other);
    if (!name.includes("-")) continue;
    for (const look of ["_", "."]) {
      const alias = name.replace("-", look);
      assertEquals(sectionOf(`${alias}: x`).id(0), FIELD.Alias, alias);
    }
  }
});

Deno.test("what only trusted proxies may say is known by its name, in any case", () => {
  for (const { name, kind } of FORWARDING_NAMES) {
    const id = kind === "address" ? FIELD.ForwardingAddress : FIELD.Forwarding;
    assertEquals(sectionOf(`${name.toUpperCase()}: x`).id(0), id, name);
    assertEquals(sectionOf(`${name}x: x`).id(0), FIELD.Other, name);
    const look = name.replaceAll("-", "_");
    if (look === name) continue; // nothing in it looks like something else
    assertEquals(sectionOf(`${look}: x`).id(0), FIELD.Alias, look);
  }
  for (const prefix of FORWARDING_PREFIXES) {
    assertEquals(sectionOf(`${prefix}foo: x`).id(0), FIELD.Forwarding);
    const look = prefix.replaceAll("-", ".");
    assertEquals(sectionOf(`${look}foo: x`).id(0), FIELD.Alias, look);
    assertEquals(sectionOf(`${prefix}a_b: x`).id(0), FIELD.Alias);
    assertEquals(sectionOf(`a${prefix}foo: x`).id(0), FIELD.Other);
  }
  assertEquals(sectionOf("X-Forward: x").id(0), FIELD.Other);
  assertEquals(sectionOf("X_Foo: x", "a.b: x").id(1), FIELD.Odd);
});

Deno.test("hop-by-hop fields are no trailer fields (RFC 9110 §6.5.1)", () => {
  for (let id = 0; id < FIELD_COUNT; id++) {
    const flags = FIELD_FLAGS[id]!;
    if ((flags & HOP_BY_HOP) !== 0) assert((flags & NOT_IN_TRAILERS) !== 0);
  }
});

Deno.test("a section gives its lines as they came", () => {
  const fields = sectionOf("Via: a", "Foo: b", "VIA:  c ", "via:");
  assertEquals([...fields.lines()], [
    ["Via", "a"],
    ["Foo", "b"],
    ["VIA", "c"],
    ["via", ""],
  ]);
  assertEquals(fields.text(FIELD.Via), "a, c, ");
  assertEquals(fields.text(FIELD.Date), undefined);
  assert(fields.isRepeated(FIELD.Via) && !fields.isRepeated(FIELD.Date));
});

Deno.test("more lines than fit at first", () => {
  const lines = Array.from({ length: 300 }, (_, i) => `F${i}: ${i}`);
  assertEquals(
    [...sectionOf(...lines).lines()].map(([name, value]) =>
      `${name}: ${value}`
    ),
    lines,
  );
});

Deno.test("Connection nominates fields, but never those that all depend on (RFC 9110 §7.6.1)", async (t) => {
  const rows: [connection: string, line: string, isNominated: boolean][] = [
    ["foo", "Foo: 1", true],
    ["a, FOO ,b", "foo: 1", true],
    ["foo", "Food: 1", false],
    ["", "Foo: 1", false],
    ["a,foo,foo,b,FOO", "fOO: 1", true],
    ["foo bar", "foo: 1", false],
    ["x, keep-alive", "Keep-Alive: 1", true],
    ["x, te", "TE: trailers", true],
    ["x-forwarded-for", "X-Forwarded-For: 1", true],
    ["host", "Host: h", false],
    ["content-length", "Content-Length: 1", false],
    ["authorization", "Authorization: x", false],
    ["cache-control", "Cache-Control: no-store", false],
    ["via", "Via: 1.1 x", false],
  ];
  for (const [connection, line, expected] of rows) {
    await t.step(`${connection} | ${line}`, () => {
      const fields = sectionOf(`Connection: ${connection}`, line, "Foo-2: 1");
      connectionOptions(fields);
      assertEquals(isNominated(fields, 1), expected);
      assertEquals(isNominated(fields, 2), false);
    });
  }
});

Deno.test("what is nominated is found among many names, in any order, on any line", () => {
  const names = Array.from({ length: 60 }, (_, i) => `x${(i * 37) % 60}`);
  const odd = names.filter((name) => Number(name.slice(1)) % 2 === 1);
  const fields = sectionOf(
    ...names.map((name) => `${name.toUpperCase()}: 1`),
    `Connection: ${odd.slice(0, 9).join(" , ,")}`,
    `Connection: unknown, ${odd.slice(9).join()}, ${odd.join()}`,
    ...names.map((name) => `${name}: 2`), // a second line of each
  );
  connectionOptions(fields);
  for (let i = 0; i < fields.count; i++) {
    const name = fields.nameText(i).toLowerCase();
    assertEquals(isNominated(fields, i), odd.includes(name), name);
  }
});

/** How many bytes are looked at to find what is nominated among `count` fields by as many members. */
function bytesRead(count: number): number {
  const name = (i: number): string => `x${i.toString(36).padStart(7, "0")}`;
  const many = Array.from({ length: count }, (_, i) => i);
  const fields = sectionOf(
    `Connection: ${many.map((i) => name(i + count)).join()}`,
    ...many.map((i) => `${name(i)}: 1`),
  );
  let reads = 0;
  fields.bytes = new Proxy(fields.bytes, {
    get(bytes, key): unknown {
      reads++;
      const value = Reflect.get(bytes, key, bytes);
      return typeof value === "function" ? value.bind(bytes) : value;
    },
  });
  connectionOptions(fields);
  for (let i = 0; i < fields.count; i++) isNominated(fields, i);
  return reads;
}

Deno.test("twice the fields and twice the members are little more than twice the work", () => {
  assert(bytesRead(800) < 3 * bytesRead(400));
});

Deno.test("persistence follows the options and the version (RFC 9112 §9.3)", () => {
  const of = (minor: number, ...values: string[]): boolean =>
    persists(
      connectionOptions(
        sectionOf(...values.map((value) => `Connection: ${value}`)),
      ),
      minor,
    );
  assert(of(1) && !of(0) && of(0, "keep-alive") && of(0, "a,Keep-Alive"));
  assert(
    !of(1, "close") && !of(1, "a, b", "x, CLOSE") &&
      !of(0, "keep-alive", "close"),
  );
  assert(of(1, "closed") && of(1, "not close"));
});

Deno.test("field rules: set, add, remove", () => {
  const seen = (text: string): unknown[] => {
    const { action, name, line } = parseFieldRule(text);
    return [action, name, textOf(line, 0, line.length)];
  };
  assertEquals(seen("Foo: bar"), ["set", "foo", "Foo: bar\r\n"]);
  assertEquals(seen("foo:bar"), ["set", "foo", "foo: bar\r\n"]);
  assertEquals(seen("+Foo: a: b "), ["add", "foo", "Foo: a: b\r\n"]);
  assertEquals(seen("-Foo"), ["remove", "foo", ""]);
  assertEquals(seen("foo:"), ["set", "foo", "foo: \r\n"]);
  for (
    const text of [
      "",
      "foo",
      "-foo: bar",
      "a b: c",
      "foo: a\r\nb: c",
      "foo: a\nb",
      "foo: \0",
      "foo: \u20ac",
      ": x",
      "Host: x",
      "Content-Length: 1",
      "-Transfer-Encoding",
      "Connection: close",
    ]
  ) assertThrows(() => parseFieldRule(text), SyntaxError, undefined, text);
});

Deno.test("a later rule overrules an earlier one of the same field", () => {
  const texts = ["A: 1", "+A: 2", "B: 1", "-a", "+A: 3", "B: 2"];
  assertEquals(
    resolveFieldRules(texts.map(parseFieldRule)).map(({ action, line }) =>
      `${action} ${textOf(line, 0, line.length).trim()}`
    ),
    ["remove ", "add A: 3", "set B: 2"],
  );
});

Deno.test("a byte buffer grows and keeps what it has", () => {
  const out = new ByteWriter(4);
  out.text("ab");
  out.byte(0x63);
  out.append(bytesOf("defg"));
  out.copy(bytesOf("x".repeat(100)), 10, 60);
  for (const value of [0, 9, 10, 99, 100, 2 ** 52 - 1]) {
    out.decimal(value);
    out.byte(0x2c);
  }
  const expected = `abcdefg${"x".repeat(50)}0,9,10,99,100,${2 ** 52 - 1},`;
  assertEquals(textOf(out.view(), 0, out.length), expected);
  out.reset(8);
  assertEquals([out.length, out.bytes.length], [0, 4]);
});

Deno.test("the options of all Connection lines are a union", () => {
  const flags = [CLOSE, KEEP_ALIVE, UPGRADE, TE, NOMINATES];
  const all = flags.reduce((union, flag) => union | flag, 0);
  assertEquals(all, flags.reduce((sum, flag) => sum + flag, 0)); // each a bit of its own
  const rows: [lines: string[], options: number][] = [
    [[], 0],
    [["Connection: close"], CLOSE],
    [["Connection: Keep-Alive"], KEEP_ALIVE],
    [["Connection: upgrade", "Connection: te"], UPGRADE | TE],
    [["Connection: close, x-a"], CLOSE | NOMINATES],
    [
      ["Connection: x-a", "Connection: ,te , UPGRADE"],
      NOMINATES | TE | UPGRADE,
    ],
  ];
  for (const [lines, options] of rows) {
    assertEquals(connectionOptions(sectionOf(...lines)), options, `${lines}`);
  }
});

Deno.test("a section that is begun again has forgotten what was half read", () => {
  const fields = new FieldSection();
  const bytes = bytesOf("A: b\r\nConnection: c\r\nD : e");
  fields.allowsGap = true;
  fields.begin(0, 1000, { fieldCountMax: 10 });
  assertEquals(fields.parse(bytes, bytes.length), false);
  fields.mark(0);
  const next = bytesOf("X: y\r\n\r\n");
  fields.begin(0, 1000, { fieldCountMax: 10 });
  assertEquals(fields.parse(next, next.length), true);
  assertEquals([fields.count, fields.nameText(0), fields.end], [1, "X", 8]);
  assertEquals(fields.has(FIELD.Connection), false);
  assertEquals([fields.isMarked(0), fields.hasGaps], [false, false]);
});
