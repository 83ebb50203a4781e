/** What a token of the admin listener may be (pure): it must fit into a header. */

/** What is said of one that is none. */
export const TOKEN_FAULT =
  "is not a token: write visible ASCII without spaces, 4096 characters at most";

/** Bytes of one, or of the file that holds it. */
export const TOKEN_BYTES_MAX = 4096;

/** Whether a text can be sent as `Authorization: Bearer`. */
export function isToken(text: string): boolean {
  return text.length <= TOKEN_BYTES_MAX && /^[\x21-\x7e]+$/.test(text);
}
