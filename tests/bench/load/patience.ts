/** How long a program under test may keep the benchmark waiting. */

import type { Peer as Connection } from "../../support/peer.ts";
import { Refused } from "./results.ts";

/** Far more than any answer takes. */
const PATIENCE_MS = 10_000;

/**
 * Does something with a connection, which is closed if that takes too long.
 *
 * @throws {Refused} It took too long, or the connection broke.
 */
export async function patiently<T>(
  connection: Connection,
  act: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => connection.close(), PATIENCE_MS);
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof Refused) throw cause;
    const { message } = cause as Error;
    throw new Refused(`No whole answer: ${message}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
