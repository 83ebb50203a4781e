/**
 * The tokens of a formatted TypeScript file, as far as faults need them (pure):
 * strings, templates, regular expressions and comments are one token each, and
 * what is in them stays as it is.
 */

/** One token; `text` is the source from `start` to `end`. */
export interface Token {
  readonly kind: "word" | "number" | "mark" | "opaque";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const WORD = /[#$\w\u0080-\uffff]+/y;
const NUMBER =
  /(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?\d+)?)n?/y;
const MARK =
  />>>=|\.\.\.|===|!==|>>>|<<=|>>=|\*\*=|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[^\s\w]/y;
const BLANK = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const STRING = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const REGEX = /\/(?:[^\/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Words behind which an expression begins: a slash there begins a regular expression. */
const BEFORE_EXPRESSION =
  /^(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/;

/** The tokens of a file, without its comments. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (;;) {
    const token = tokenFrom(source, tokens.at(-1)?.end ?? 0, tokens.at(-1));
    if (token === undefined) return tokens;
    tokens.push(token);
  }
}

/** The first token from a place on; undefined if there is none. */
function tokenFrom(
  source: string,
  from: number,
  before: Token | undefined,
): Token | undefined {
  const start = behindBlanks(source, from);
  if (start === source.length) return undefined;
  const token = (kind: Token["kind"], end: number): Token => {
    if (end === start) throw new SyntaxError(`No token at ${start}`);
    return { kind, text: source.slice(start, end), start, end };
  };
  const character = source[start]!;
  if (character === "`") return token("opaque", templateEnd(source, start));
  if (character === '"' || character === "'") {
    return token("opaque", endOf(STRING, source, start));
  }
  if (character === "/" && mayBeginRegex(before)) {
    return token("opaque", endOf(REGEX, source, start));
  }
  if (/\d/.test(character)) {
    return token("number", endOf(NUMBER, source, start));
  }
  const end = endOf(WORD, source, start);
  return end > start
    ? token("word", end)
    : token("mark", endOf(MARK, source, start));
}

/** Where a match ends that begins at `start`; there if there is none. */
function endOf(pattern: RegExp, source: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(source) ? pattern.lastIndex : start;
}

function behindBlanks(source: string, from: number): number {
  let place = from;
  for (;;) {
    const end = endOf(COMMENT, source, endOf(BLANK, source, place));
    if (end === place) return place;
    place = end;
  }
}

function mayBeginRegex(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_EXPRESSION.test(before.text);
  return before.kind === "mark" && !/^[)\]}]$/.test(before.text);
}

/** Where a template ends that begins at `start`, with all that is nested in it. */
function templateEnd(source: string, start: number): number {
  let place = start + 1;
  while (source[place] !== "`") {
    if (place >= source.length) throw new SyntaxError("A template has no end");
    if (source[place] === "\\") place += 2;
    else if (source.startsWith("${", place)) place = holeEnd(source, place + 2);
    else place++;
  }
  return place + 1;
}

/** Where an expression in a template ends: behind its closing brace. */
function holeEnd(source: string, start: number): number {
  let before: Token | undefined;
  for (let depth = 1; depth > 0;) {
    before = tokenFrom(source, before?.end ?? start, before);
    if (before === undefined) throw new SyntaxError("A template has no end");
    if (before.text === "{") depth++;
    if (before.text === "}") depth--;
  }
  return before!.end;
}
