/** `/purge`: takes stored responses out, or marks them stale. */

import {
  type PurgeOrder,
  readPurgeOrder,
} from "../handlers/cache/purge_order.ts";
import { jsonIn } from "./request_content.ts";
import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
} from "./resource.ts";

/** Carries out the order that the content is. */
export async function purge(
  { administered, content }: AdminRequest,
): Promise<AdminReply> {
  let order: PurgeOrder;
  try {
    order = readPurgeOrder(jsonIn(content));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return problemReply(400, error.message);
  }
  return jsonReply(200, { purged: await administered.purge(order) });
}
