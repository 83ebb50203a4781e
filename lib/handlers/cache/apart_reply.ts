/** The reply of a stored response whose content is elsewhere: in slices, or in a tier. */

import type { StoredResponse } from "../../cache/store/stored_response.ts";
import { planReply } from "../../deliver/deliver.ts";
import type { Reply, StreamedContent } from "../../deliver/reply.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import type { ByteRange } from "../../http/range.ts";

/** What of the content will be sent, in order. */
export type Wanted = readonly [first: ByteRange, ...others: ByteRange[]];

/** The reply that such a response makes; it says nothing of itself yet. */
export function apartReply(
  { head, status, validators }: StoredResponse,
  file: StreamedContent,
): Reply {
  const content = { kind: "file", file } as const;
  return { status, head, content, validators, note: undefined };
}

/**
 * What of the content will be sent, in order; undefined if nothing. The reply is only
 * planned.
 *
 * @param length Bytes of the content.
 */
export function wantedOf(
  x: Exchange,
  reply: Reply,
  length: number,
): Wanted | undefined {
  const { plan: { ranges, sendsContent } } = planReply(x, reply);
  if (!sendsContent) return undefined;
  const [first = { start: 0, end: length }, ...others] = ranges ?? [];
  return [first, ...others];
}
