/**
 * Lists of text: members between commas (RFC 9110 §5.6.1).
 *
 * Everything here walks its input once. A pattern would not: one that begins with
 * optional whitespace is tried again from each space of a long run.
 */

import { BACKSLASH, COMMA, isWhitespace } from "./bytes.ts";

const QUOTE = 0x22;

/** `text` without the whitespace around it: OWS, which is SP and HTAB only (RFC 9110 §5.6.3). */
export function trimmed(text: string): string {
  return textBetween(text, 0, text.length);
}

function textBetween(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * The members of a list, without the whitespace around them; empty ones are left out.
 *
 * A comma in a quoted string does not separate members. A quoted string without an
 * end reaches to the end of the text.
 */
export function listMembers(text: string): string[] {
  const members: string[] = [];
  let start = 0;
  let isQuoted = false;
  const endMember = (end: number): void => {
    const member = textBetween(text, start, end);
    if (member !== "") members.push(member);
    start = end + 1;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted && code === BACKSLASH) at++;
    else if (!isQuoted && code === COMMA) endMember(at);
  }
  endMember(text.length);
  return members;
}

/**
 * A list without the whitespace around its commas, and otherwise as it is. One with
 * a quoted string that does not end stays as it came.
 */
export function compactList(text: string): string {
  let compact = "";
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted && code === BACKSLASH) at++;
    else if (!isQuoted && code === COMMA) {
      compact += textBetween(text, start, at) + ",";
      start = at + 1;
    }
  }
  return isQuoted ? text : compact + textBetween(text, start, text.length);
}
