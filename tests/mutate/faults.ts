/** Small faults that could be put into a file: each one is an edit (pure). */

import { type Token, tokensOf } from "./tokens.ts";

/** One fault: `source` from `start` to `end` becomes `after`. */
export interface Fault {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly after: string;
}

/** Binary operators, and what stands in place of them. */
const OPERATORS: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "&&": "||",
  "||": "&&",
  "??": "&&",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "+=": "-=",
  "-=": "+=",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
};

/** Operators that types have as well: they count if a constant or number follows. */
const BIT_OPERATORS: Readonly<Record<string, string>> = { "&": "|", "|": "&" };
const CONSTANT = /^(?:[A-Z][A-Z0-9_]+|\d.*|~)$/;

/** A number above this is no boundary that one more or less would move. */
const BOUNDARY_MAX = 300;

/** What a statement does not begin with, if it may be taken out. */
const KEYWORD =
  /^(?:abstract|async|break|case|class|const|constructor|continue|declare|default|do|else|export|for|function|get|if|import|interface|let|new|override|private|protected|public|readonly|return|set|static|super|switch|throw|try|type|using|var|while|yield)$/;

const ASSIGNMENT = /^(?:[-+*\/%&|^]|<<|>>>?|\?\?|&&|\|\|)?=$/;

/** Every fault that could be put into a file, in the order of their places. */
export function faultsOf(source: string): Fault[] {
  const tokens = withoutTypes(tokensOf(source));
  return tokens.flatMap((_, index) => [
    ...operatorFaults(source, tokens, index),
    ...valueFaults(tokens, index),
    ...awaitFaults(tokens, index),
    ...conditionFaults(source, tokens, index),
    ...returnFaults(tokens, index),
    ...statementFaults(tokens, index),
  ]);
}

/** The source with a fault in it. */
export function withFault(
  source: string,
  { start, end, after }: Fault,
): string {
  return source.slice(0, start) + after + source.slice(end);
}

/** The tokens that are there at run time, less what only types need, and imports. */
function withoutTypes(tokens: readonly Token[]): Token[] {
  const kept: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const { text } = tokens[i]!;
    const isNamed = tokens[i + 1]?.kind === "word";
    const begins = kept.length === 0 ||
      /^(?:[;{}]|export)$/.test(kept.at(-1)!.text);
    if (begins && isNamed && text === "interface") {
      while (tokens[i]!.text !== "{") i++;
      i = closing(tokens, i);
    } else if (begins && isNamed && text === "type") {
      i = statementEnd(tokens, i) ?? i;
    } else if (begins && text === "import") i = statementEnd(tokens, i) ?? i;
    else kept.push(tokens[i]!);
  }
  return kept;
}

/** The index of what closes the bracket at `index`. */
function closing(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (let i = index; i < tokens.length; i++) {
    depth += depthOf(tokens[i]!);
    if (depth === 0) return i;
  }
  throw new SyntaxError("A bracket has no end");
}

function depthOf({ kind, text }: Token): number {
  if (kind !== "mark") return 0;
  if ("([{".includes(text)) return 1;
  return ")]}".includes(text) ? -1 : 0;
}

/** The index of the semicolon that ends a statement; undefined if it ends without. */
function statementEnd(
  tokens: readonly Token[],
  start: number,
): number | undefined {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    depth += depthOf(tokens[i]!);
    if (depth < 0) return undefined;
    if (depth === 0 && tokens[i]!.text === ";") return i;
  }
  return undefined;
}

function* operatorFaults(
  source: string,
  tokens: readonly Token[],
  index: number,
): Generator<Fault> {
  const { kind, text, start, end } = tokens[index]!;
  if (kind !== "mark") return;
  if (text === "++" || text === "--") {
    yield { kind: "operator", start, end, after: text === "++" ? "--" : "++" };
    return;
  }
  // The formatter leaves blanks around binary operators, and around nothing else.
  const isBinary = /\s/.test(source[start - 1] ?? "") &&
    /\s/.test(source[end] ?? "");
  const bits = CONSTANT.test(tokens[index + 1]?.text ?? "")
    ? BIT_OPERATORS[text]
    : undefined;
  const after = OPERATORS[text] ?? bits;
  if (isBinary && after !== undefined) {
    yield { kind: "operator", start, end, after };
  }
}

function* valueFaults(
  tokens: readonly Token[],
  index: number,
): Generator<Fault> {
  const { kind, text, start, end } = tokens[index]!;
  const isName = tokens[index + 1]?.text === ":" &&
    /^[{,]$/.test(tokens[index - 1]?.text ?? "");
  if (isName) return;
  if (text === "true" || text === "false") {
    const after = text === "true" ? "false" : "true";
    yield { kind: "constant", start, end, after };
  }
  const value = Number(text.replaceAll("_", ""));
  if (kind !== "number" || !(value <= BOUNDARY_MAX)) return;
  yield { kind: "constant", start, end, after: String(value + 1) };
  if (value > 0) {
    yield { kind: "constant", start, end, after: String(value - 1) };
  }
}

function* awaitFaults(
  tokens: readonly Token[],
  index: number,
): Generator<Fault> {
  const { text, start } = tokens[index]!;
  const next = tokens[index + 1];
  if (text !== "await" || tokens[index - 1]?.text === "for") return;
  if (next === undefined || next.text === "using") return;
  yield { kind: "await", start, end: next.start, after: "" };
}

function* conditionFaults(
  source: string,
  tokens: readonly Token[],
  index: number,
): Generator<Fault> {
  const open = tokens[index + 1];
  if (tokens[index]!.text !== "if" || open?.text !== "(") return;
  if (tokens[index - 1]?.text === ".") return;
  const { start } = open;
  const { end } = tokens[closing(tokens, index + 1)]!;
  const after = `(!${source.slice(start, end)})`;
  yield { kind: "condition", start, end, after };
}

/** A function that returns nothing ends at once. */
function* returnFaults(
  tokens: readonly Token[],
  index: number,
): Generator<Fault> {
  if (tokens[index]!.text !== "{") return;
  const before = tokens.slice(Math.max(0, index - 6), index)
    .map(({ text }) => text).join(" ");
  if (!/\) : (?:void|Promise < void >)$/.test(before)) return;
  const { end } = tokens[index]!;
  yield { kind: "return", start: end, end, after: " return;" };
}

/** A call or an assignment that stands alone is left out. */
function* statementFaults(
  tokens: readonly Token[],
  index: number,
): Generator<Fault> {
  const { kind, text, start } = tokens[index]!;
  const before = tokens[index - 1];
  if (kind !== "word" || KEYWORD.test(text) || before === undefined) return;
  if (
    !/^(?:[;{}]|else)$/.test(before.text) && !closesCondition(tokens, index)
  ) {
    return;
  }
  if (tokens[index + 1]?.text === "using") return;
  const last = statementEnd(tokens, index);
  if (last === undefined || isField(tokens, index)) return;
  const statement = tokens.slice(index, last);
  let depth = 0;
  const isAssigned = statement.some((token) => {
    depth += depthOf(token);
    return depth === 0 && token.kind === "mark" && ASSIGNMENT.test(token.text);
  });
  if (!isAssigned && statement.at(-1)?.text !== ")") return;
  yield { kind: "statement", start, end: tokens[last]!.end, after: ";" };
}

/** Whether the token before ends the condition of an `if` or of a loop. */
function closesCondition(tokens: readonly Token[], index: number): boolean {
  if (tokens[index - 1]!.text !== ")") return false;
  let depth = 0;
  for (let i = index - 1; i > 0; i--) {
    depth += depthOf(tokens[i]!);
    if (depth === 0) return /^(?:if|for|while)$/.test(tokens[i - 1]!.text);
  }
  return false;
}

/** Whether a field of a class is declared here: not a statement. */
function isField(tokens: readonly Token[], index: number): boolean {
  let depth = 0;
  for (let i = index - 1; i >= 0; i--) {
    depth += depthOf(tokens[i]!);
    if (depth > 0) return /\bclass\b/.test(headBefore(tokens, i));
  }
  return true; // the top of the file
}

/** What stands between the statement before and a brace. */
function headBefore(tokens: readonly Token[], index: number): string {
  const head: string[] = [];
  for (let i = index - 1; i >= 0; i--) {
    const { text } = tokens[i]!;
    if (/^[;{}]$/.test(text)) break;
    head.push(text);
  }
  return head.join(" ");
}
