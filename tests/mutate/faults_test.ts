/** Which faults could be put where, and what must stay as it is. */

import { assertEquals } from "../support/assert.ts";
import { faultsOf, withFault } from "./faults.ts";

/** A statement, and what could become of it. */
const STATEMENTS: readonly [source: string, changed: readonly string[]][] = [
  ["let a = b === c;", ["let a = b !== c;"]],
  ["let a = b < c;", ["let a = b <= c;"]],
  ["let a = b && !c;", ["let a = b || !c;"]],
  ["let a = b ?? c;", ["let a = b && c;"]],
  ["let a = b & MASK;", ["let a = b | MASK;"]],
  ["let a: B & C | D;", []],
  ["let a: Map<string, X> = new Map<string, X>();", []],
  ["let a = -b;", []],
  ["let a = 5;", ["let a = 6;", "let a = 4;"]],
  ["let a = 0;", ["let a = 1;"]],
  ["let a = 0x1f;", ["let a = 32;", "let a = 30;"]],
  ["let a = 120_000;", []],
  ["let a = { 1: b };", []],
  ["let a = true;", ["let a = false;"]],
  ["let a = await b();", ["let a = b();"]],
  ["for await (const a of b);", []],
  ["await using a = b;", []],
  ["await b();", ["b();", ";"]],
  ["a.b(c);", [";"]],
  ["a.b += c;", [";", "a.b -= c;"]],
  ["a++;", ["a--;"]],
  ["if (a) b();", ["if (!(a)) b();", "if (a) ;"]],
  ["else b();", ["else ;"]],
  ["return a(b);", []],
  ["throw new A(b);", []],
  ['let a = "b && 1";', []],
  ["let a = `b ${1 + c}`;", []],
  ["let a = /1 + 1/;", []],
];

for (const [source, expected] of STATEMENTS) {
  Deno.test(`faults of a statement: ${source}`, () => {
    const open = "function f() {\n";
    const whole = `${open}${source}\n}\n`;
    const changed = faultsOf(whole)
      .map((fault) => withFault(whole, fault).slice(open.length, -3));
    assertEquals(changed.sort(), [...expected].sort());
  });
}

Deno.test("faults of declarations", () => {
  const rows: readonly [source: string, changed: readonly string[]][] = [
    ["interface A {\n  b: 1 | 2;\n  c(): void;\n}\n", []],
    ["export interface A extends B {\n  readonly b: true;\n}\n", []],
    ["export type A = { b: 1 } | 2;\n", []],
    ["import { a } from 'b';\n", []],
    ["class A {\n  b = c();\n  readonly d = e(f);\n}\n", []],
    ["function a(): void {\n}\n", ["function a(): void { return;\n}\n"]],
    ["function a(): number {\n}\n", []],
    ["class A {\n  async b(): Promise<void> {\n  }\n}\n", [
      "class A {\n  async b(): Promise<void> { return;\n  }\n}\n",
    ]],
    ["class A {\n  b() {\n    this.c = d;\n  }\n}\n", [
      "class A {\n  b() {\n    ;\n  }\n}\n",
    ]],
  ];
  for (const [source, expected] of rows) {
    const changed = faultsOf(source).map((fault) => withFault(source, fault));
    assertEquals(changed, expected);
  }
});

Deno.test("a whole room can be read, and has faults of every kind", async () => {
  const kinds = new Set<string>();
  const root = new URL("../../lib/deliver/", import.meta.url);
  for await (const { name } of Deno.readDir(root)) {
    const source = await Deno.readTextFile(new URL(name, root));
    for (const { kind } of faultsOf(source)) kinds.add(kind);
  }
  assertEquals(
    [...kinds].sort(),
    ["await", "condition", "constant", "operator", "return", "statement"],
  );
});
