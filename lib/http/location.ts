/** A `Location` that holds what a client sent (RFC 9110 §10.2.2; pure). */

/** What browsers drop from a URL or take for a slash, and what cannot be in a field. */
// deno-lint-ignore no-control-regex -- control characters are what it finds
const ODD = /[\x00-\x20\x7f-\uffff\\]/g;
/** A reference to another host: two slashes, or a backslash that browsers read as one. */
const OTHER_HOST = /^\/[/\\]+/;

const encoder = new TextEncoder();

/**
 * A reference as it may be sent: a path never becomes the name of another host, and no
 * character ends the line or is dropped by whoever reads it.
 *
 * @param text Characters above U+00FF are sent in UTF-8, others stand for their bytes.
 */
export function safeLocation(text: string): string {
  // Control characters first: without them, `/\t/host` would be `//host`.
  const visible = text.replace(
    ODD,
    (character) => character === "\\" ? character : percentEncoded(character),
  );
  return visible.replace(OTHER_HOST, "/").replaceAll("\\", "%5C");
}

function percentEncoded(character: string): string {
  const code = character.charCodeAt(0);
  const bytes = code <= 0xff
    ? [code]
    : encoder.encode(character.toWellFormed());
  let text = "";
  for (const byte of bytes) {
    text += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
