/** `POST /stop`: the program stops as after a signal, perhaps because another takes its place. */

import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
} from "./resource.ts";

/**
 * Stops; the reply comes when nobody listens any more.
 *
 * The content is empty, or JSON: `{ "handOver": true }` says that another process
 * listens on the same addresses. Then what waits there is accepted first, connections
 * have a moment for one more request, and the admin listener closes at once, too.
 */
export async function stop(
  { administered, content }: AdminRequest,
): Promise<AdminReply> {
  const handsOver = handOverIn(content);
  if (handsOver === undefined) {
    return problemReply(400, 'expected no content, or { "handOver": true }');
  }
  await administered.stop(handsOver);
  return jsonReply(200, { stopping: true });
}

function handOverIn(content: string): boolean | undefined {
  if (content.trim() === "") return false;
  try {
    const { handOver = false, ...rest } = JSON.parse(content);
    const isKnown = typeof handOver === "boolean" &&
      Object.keys(rest).length === 0;
    return isKnown ? handOver : undefined;
  } catch {
    return undefined;
  }
}
