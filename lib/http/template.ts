/**
 * Text with places that each request fills: `https://{host}{uri}` (pure).
 *
 * A template is read once. What it makes can be a field value, a `Location` or text
 * of a body: each has its own writer, because each has its own way to be abused. None
 * of them lets a control character through, so that nothing can split a message
 * (RFC 9112 §11.1); a `Location` never leads to a host that the request chose.
 */

import { bytesOf, FIELD_CONTENT } from "./bytes.ts";

/** What can be in braces. */
export const PLACEHOLDERS = [
  "scheme",
  "host",
  "port",
  "uri",
  "path",
  "query",
  "client",
  "method",
  "id",
] as const;

/** A name that can be in braces. */
export type Placeholder = typeof PLACEHOLDERS[number];

/** What a request has to say to a template, one character for each byte. */
export type TemplateFacts = { readonly [name in Placeholder]: string };

/** A template, read: text and names in turn. */
export interface Template {
  /** As it was written. */
  readonly source: string;
  /** Runs of text at even places, names between them at odd ones. */
  readonly parts: readonly string[];
}

/**
 * Reads a template. `{{` and `}}` are braces.
 *
 * @throws {SyntaxError} if braces do not match, or hold something else than one of
 *   {@linkcode PLACEHOLDERS}; the message names it, and the nearest one.
 */
export function parseTemplate(source: string): Template {
  const parts: string[] = [""];
  for (let at = 0; at < source.length; at++) {
    const character = source[at]!;
    const isBrace = character === "{" || character === "}";
    if (!isBrace || source[at + 1] === character) {
      parts[parts.length - 1] += character;
      if (isBrace) at++;
      continue;
    }
    const end = source.indexOf("}", at);
    if (character === "}" || end < 0) {
      throw new SyntaxError(
        `Cannot read "${source}": a single ${character}; write ` +
          `${character}${character} for a brace`,
      );
    }
    const name = source.slice(at + 1, end);
    if (!isPlaceholder(name)) throw unknownName(source, name);
    parts.push(name, "");
    at = end;
  }
  return { source, parts };
}

function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}

function unknownName(source: string, name: string): SyntaxError {
  const near = PLACEHOLDERS.find((other) => isLike(name, other));
  const hint = near === undefined
    ? `; known are ${PLACEHOLDERS.map((known) => `{${known}}`).join(" ")}`
    : `; did you mean {${near}}?`;
  return new SyntaxError(
    `Cannot read "${source}": {${name}} is unknown${hint}`,
  );
}

/** Whether one letter tells the words apart, or one is in the other, as in `{request_uri}`. */
function isLike(word: string, known: string): boolean {
  const text = word.trim().toLowerCase();
  if (text === known || text.length > 2 && text.includes(known)) return true;
  let same = 0;
  while (same < known.length && text[same] === known[same]) same++;
  const [more, missing] = [text.slice(same), known.slice(same)];
  return known.length > 2 &&
    (more.slice(1) === missing || more === missing.slice(1) ||
      more.slice(1) === missing.slice(1));
}

/** The text of a template that no request changes; undefined if one does. */
export function staticText({ parts }: Template): string | undefined {
  return parts.length === 1 ? parts[0] : undefined;
}

/** The template filled in, each place by what `write` makes of its value. */
function fill(
  { parts }: Template,
  facts: TemplateFacts,
  write: (value: string) => string,
): string {
  let text = parts[0]!;
  for (let at = 1; at < parts.length; at += 2) {
    text += write(facts[parts[at] as Placeholder]) + parts[at + 1]!;
  }
  return text;
}

/**
 * Whether the text can be a part of a field value (RFC 9110 §5.5): no control
 * characters, and none without a byte of its own.
 */
export function isFieldText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!FIELD_CONTENT[text.charCodeAt(i)]) return false;
  }
  return true;
}

/** A field value from a template whose own text is one; controls in what a request says go. */
export function fieldValueOf(template: Template, facts: TemplateFacts): string {
  return fill(template, facts, withoutControls);
}

function withoutControls(text: string): string {
  return isFieldText(text) ? text : text.replaceAll(/[^\t -~\x80-\xff]/g, "");
}

/**
 * Text for a body from a template.
 *
 * @param isMarkup Whether it will be read as HTML or XML: then what the request says
 *   is escaped, since anybody can write a link with `<script>` in its path.
 */
export function bodyTextOf(
  template: Template,
  facts: TemplateFacts,
  isMarkup: boolean,
): string {
  return fill(
    template,
    facts,
    (value) =>
      decoded(isMarkup ? escapedMarkup(value) : withoutControls(value)),
  );
}

/** The text whose UTF-8 bytes these characters are. */
function decoded(bytes: string): string {
  return isAscii(bytes) ? bytes : new TextDecoder().decode(bytesOf(bytes));
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapedMarkup(text: string): string {
  return withoutControls(text).replaceAll(
    /[&<>"']/g,
    (character) => ENTITIES[character]!,
  );
}

/** Where a redirect leads: what its template begins with. */
const ABSOLUTE = /^(?:[A-Za-z][A-Za-z0-9+.-]*|\{scheme\}):\/\//;
/** Schemes that run what follows, or show it as if it came from here. */
const UNSAFE_SCHEME = /^(?:javascript|data|vbscript|blob|file):/i;

/**
 * Reads the template of a redirect's target: an absolute URL, or a path.
 *
 * @throws {SyntaxError} as {@linkcode parseTemplate}, or if what a request says could
 *   choose the host or the scheme: the authority may hold only `{host}` and `{port}`,
 *   and must end with `/`, `?`, `#`, `{uri}` or `{path}`, or with the template.
 */
export function parseRedirect(source: string): Template {
  const { parts } = parseTemplate(source);
  const fault = redirectFault(source, parts);
  if (fault !== undefined) {
    throw new SyntaxError(`Cannot redirect to "${source}": ${fault}`);
  }
  return {
    source,
    parts: parts.map((part, at) => at % 2 === 0 ? asUriText(part) : part),
  };
}

function redirectFault(
  source: string,
  parts: readonly string[],
): string | undefined {
  if (/[\0- \x7f]/.test(source)) return "spaces and controls are written %XX";
  if (/^\/[/\\]/.test(source)) return "write the scheme before //";
  const scheme = ABSOLUTE.exec(source)?.[0];
  if (scheme === undefined) {
    return parts[0]!.startsWith("/") ||
        parts[0] === "" && (parts[1] === "uri" || parts[1] === "path")
      ? undefined
      : 'it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"';
  }
  if (UNSAFE_SCHEME.test(scheme)) return `no redirect leads to ${scheme}`;
  // Only text and {host}, {port} before the path.
  const rest = parseTemplate(source.slice(scheme.length)).parts;
  if (/^[/?#\\]/.test(rest[0]!) || rest[0] === "" && rest.length === 1) {
    return "it has no host";
  }
  for (const [at, part] of rest.entries()) {
    if (at % 2 === 0) {
      if (/[@\\]/.test(part.split(/[/?#]/, 1)[0]!)) {
        return "a host has no @ and no \\";
      }
      if (/[/?#]/.test(part)) return undefined;
    } else if (part === "uri" || part === "path") {
      return at === 1 && rest[0] === "" ? "it has no host" : undefined;
    } else if (part !== "host" && part !== "port") {
      return `{${part}} would be a part of the host; put a / before it`;
    }
  }
  return undefined;
}

/** Characters that may be in a URI (RFC 3986 §2), and `%`. */
const NOT_IN_URI = /[^\w.~!$&'()*+,;=:@/?#[\]%-]/g;

/** The text with everything percent-encoded that a URI cannot hold. */
function asUriText(text: string): string {
  return text.toWellFormed().replaceAll(/[^\0-\x7f]+/g, encodeURIComponent)
    .replaceAll(
      NOT_IN_URI,
      encodedByte,
    );
}

function encodedByte(character: string): string {
  const code = character.charCodeAt(0) & 0xff;
  return `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

/**
 * The value of `Location` from a template of {@linkcode parseRedirect}: whatever a URI
 * cannot hold is percent-encoded, and several slashes at the start are one, since
 * `//other` would lead to another host.
 */
export function locationOf(template: Template, facts: TemplateFacts): string {
  const location = fill(
    template,
    facts,
    (value) => value.replaceAll(NOT_IN_URI, encodedByte),
  );
  return location.startsWith("//") ? location.replace(/^\/+/, "/") : location;
}
