/** A request that an operator follows: its token in `Sluice-Trace` says so, which no origin ever sees. */

import type { Exchange } from "../exchange/exchange_state.ts";
import { LoggedExchange } from "../exchange/logged_exchange.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { FIELD } from "../http/field.ts";
import { isInBlocks, LOOPBACK } from "../net/cidr.ts";
import { writeJsonLine } from "../observe/json_line.ts";

const LINE_BYTES = 1024;

/**
 * Leaves what the log would say of a request that is over for whoever follows it. From
 * anywhere but this machine or a trusted proxy, the header means nothing; nor does it
 * without a token that was just made.
 */
export function leaveTrace(x: Exchange): void {
  const { request, site: { traces, clock } } = x;
  if (traces === undefined || !isNear(x)) return;
  const slot = traces.take(request.fields.text(FIELD.SluiceTrace)!);
  if (slot < 0) return;
  const out = new ByteWriter(LINE_BYTES);
  writeJsonLine(out, new LoggedExchange(x), clock.now());
  traces.finish(slot, out.view());
}

/** Whether the peer is this machine, or a trusted proxy. */
function isNear({ client: { isTrusted, socket, address } }: Exchange): boolean {
  const { remoteAddr, localAddr } = socket;
  if (isTrusted || remoteAddr.transport !== "tcp") return true;
  const isOwn = localAddr.transport === "tcp" &&
    localAddr.hostname === remoteAddr.hostname;
  return isOwn || isInBlocks(address, LOOPBACK);
}
