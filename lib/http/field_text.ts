/** Text on its way into a field value (RFC 9110 §5.5; pure). */

/** What a field value cannot hold: control characters but for the tab. */
// deno-lint-ignore no-control-regex -- control characters are what it finds
const ODD = /[\x00-\x08\x0a-\x1f\x7f]/g;

const encoder = new TextEncoder();

/**
 * A text as a field value, one character for each byte: control characters, which could
 * end the line, become spaces; what is not ISO 8859-1 is sent in UTF-8.
 */
export function fieldText(text: string): string {
  const plain = text.replace(ODD, " ").trim();
  return plain.replace(
    /[\u0100-\uffff]+/g,
    (other) => String.fromCharCode(...encoder.encode(other)),
  );
}
