/** Messages as a reader of RFCs writes them, and as the wire has them. */

import { bytesOf } from "../../lib/http/bytes.ts";

/**
 * The bytes of a message written as a template: the first line break and the
 * indentation are dropped, and each line break becomes CRLF. Escapes such as
 * `\r`, `\n` and `\xff` in the template stay what they are.
 *
 * @example
 * ```ts
 * import { assertEquals } from "./assert.ts";
 * import { raw } from "./raw.ts";
 *
 * const request = raw`
 *   GET / HTTP/1.1
 *   Host: example.com
 *
 *   `;
 * assertEquals(
 *   new TextDecoder().decode(request),
 *   "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
 * );
 * ```
 */
export function raw(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Uint8Array<ArrayBuffer> {
  // Only line breaks of the source are CRLF: those of escapes are marked by their backslash.
  const lines = strings.raw
    .map((part, i) => part + (i < values.length ? String(values[i]) : ""))
    .join("")
    .replace(/^\n/, "")
    .split("\n");
  const indent = /^ */.exec(lines[0]!)![0].length;
  const text = lines.map((line) => line.slice(indent)).join("\r\n");
  return bytesOf(unescape(text));
}

const ESCAPES: Readonly<Record<string, string>> = {
  r: "\r",
  n: "\n",
  t: "\t",
  0: "\0",
  "\\": "\\",
  "`": "`",
  $: "$",
};

function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|(.))/g,
    (_, hex: string | undefined, letter: string) =>
      hex === undefined
        ? ESCAPES[letter] ?? letter
        : String.fromCharCode(parseInt(hex, 16)),
  );
}
