/** Files of users, with passwords that are cheap to look at. */

import { hashSync } from "bcryptjs";

const COST = 4;

/** The line of a user. */
export function userLine(user: string, password: string): string {
  return `${user}:${hashSync(password, COST)}\n`;
}

/** The value of `Authorization`, of which the text is in UTF-8. */
export function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Authorization: Basic ${bytes.toBase64()}`;
}
