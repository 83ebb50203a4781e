/**
 * Reads JSON with comments and final commas (RFC 8259, and what editors call JSONC),
 * and keeps where every value is.
 *
 * A name that is given twice in an object is an error: which of two values counts is
 * not for us to guess.
 */

import {
  createScanner,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import type { Node as JsonNode } from "jsonc-parser";
import {
  DEPTH_MAX,
  FORBIDDEN_KEY,
  type Node,
  placeIn,
  problemAt,
  type Scalar,
  type Source,
} from "./node.ts";
import type { Problem, ValuePath } from "./place.ts";

/** The most mistakes of syntax that are reported: each may follow from the one before. */
const SYNTAX_ERRORS_MAX = 10;

/** Tokens, as the scanner numbers them: the library's names are erased when it is compiled. */
const OPEN_BRACE = 1;
const CLOSE_BRACE = 2;
const OPEN_BRACKET = 3;
const CLOSE_BRACKET = 4;
const END_OF_FILE = 17;

/** What mistakes of syntax are called. */
const WORDS: Readonly<Record<string, string>> = {
  "InvalidSymbol": "this is not JSON: put text and names in double quotes",
  "InvalidNumberFormat": "this is not a number",
  "PropertyNameExpected": "expected the name of a member in double quotes",
  "ValueExpected": "expected a value",
  "ColonExpected": "expected a colon",
  "CommaExpected": "expected a comma",
  "CloseBraceExpected": "expected }",
  "CloseBracketExpected": "expected ]",
  "EndOfFileExpected": "expected the end of the file",
  "InvalidCommentToken": "this is not a comment: write // or /* */",
  "UnexpectedEndOfComment": "the comment does not end",
  "UnexpectedEndOfString": "the text does not end in its line",
  "UnexpectedEndOfNumber": "this is not a number",
  "InvalidUnicode": "\\u is followed by four hex digits",
  "InvalidEscapeCharacter": "this character cannot follow a backslash",
  "InvalidCharacter": "a control character in text is written as \\u00XX",
};

/** What was read, and what is wrong; without a node, nothing more can be said. */
export interface Reading {
  readonly node: Node | undefined;
  readonly problems: readonly Problem[];
}

/** Reads the text of a source. */
export function readJson(source: Source, text: string): Reading {
  const tooDeep = depthProblem(source, text);
  if (tooDeep !== undefined) return { node: undefined, problems: [tooDeep] };
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, {
    allowTrailingComma: true,
    disallowComments: false,
  });
  if (errors.length > 0 || tree === undefined) {
    return { node: undefined, problems: syntaxProblems(source, text, errors) };
  }
  const problems: Problem[] = [];
  const node = nodeOf(source, tree, tree.offset, [], problems);
  return { node, problems };
}

function syntaxProblems(
  { name }: Source,
  text: string,
  errors: readonly ParseError[],
): Problem[] {
  const found = errors.length > 0
    ? errors
    : [{ error: 4, offset: 0, length: 0 }];
  return found.slice(0, SYNTAX_ERRORS_MAX).map(({ error, offset }) => ({
    kind: "error",
    place: placeIn(name, text, text.trim() === "" ? 0 : offset),
    path: [],
    message: text.trim() === ""
      ? "the file is empty: expected an object"
      : WORDS[printParseErrorCode(error)] ?? "this is not JSON",
  }));
}

/** The parser calls itself for each level: what is too deep is found before it runs out of stack. */
function depthProblem({ name }: Source, text: string): Problem | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    switch (scanner.scan()) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++depth <= DEPTH_MAX) break;
        return {
          kind: "error",
          place: placeIn(name, text, scanner.getTokenOffset()),
          path: [],
          message: `values are nested more than ${DEPTH_MAX} deep`,
        };
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
      case END_OF_FILE:
        return undefined;
    }
  }
}

function nodeOf(
  source: Source,
  json: JsonNode,
  nameStart: number,
  path: ValuePath,
  problems: Problem[],
): Node {
  const at = { source, start: json.offset, nameStart };
  if (json.type === "array") {
    const items = (json.children ?? []).map((item, index) =>
      nodeOf(source, item, item.offset, [...path, index], problems)
    );
    return { ...at, content: { kind: "list", items } };
  }
  if (json.type === "object") {
    const members = membersOf(source, json, path, problems);
    return { ...at, content: { kind: "object", members } };
  }
  return { ...at, content: { kind: "scalar", value: json.value as Scalar } };
}

function membersOf(
  source: Source,
  json: JsonNode,
  path: ValuePath,
  problems: Problem[],
): Map<string, Node> {
  const members = new Map<string, Node>();
  for (const { children } of json.children ?? []) {
    const [name, value] = children!;
    const key = name!.value as string;
    const inner = [...path, key];
    const member = nodeOf(source, value!, name!.offset, inner, problems);
    const first = members.get(key);
    if (key === FORBIDDEN_KEY) {
      problems.push(problemAt(member, inner, "cannot be a name", "name"));
    } else if (first !== undefined) {
      const { line } = placeIn(source.name, source.text!, first.nameStart);
      problems.push(
        problemAt(
          member,
          inner,
          `is given twice, first on line ${line}`,
          "name",
        ),
      );
    } else members.set(key, member);
  }
  return members;
}
