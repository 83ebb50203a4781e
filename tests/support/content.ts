/** Content for tests, and what a response has of it. */

import type { Message } from "./peer.ts";

/** Content in which every byte depends on its place. */
export function contentOf(length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += `${i},`;
  return text.slice(0, length);
}

/** The status of a response, its `Content-Range` and its content. */
export function partOf(answer: Message): unknown[] {
  return [answer.status, answer.field("content-range"), answer.content];
}
