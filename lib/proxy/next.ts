/** What the client connection of an exchange does next, by how far that has come. */

import { decideNext, type Next } from "../client/keep_alive.ts";
import type { Exchange } from "../exchange/exchange_state.ts";

/** Asks the machine of `keep_alive.ts`, with what sockets say. */
export function nextOf(x: Exchange): Next {
  const { client, site, writing } = x;
  const { reader, closed } = client;
  let { reading, keepAlive } = x;
  if (writing === "whole" && reader.available === 0) {
    if (reader.ended) reading = "ended";
    // The stop came after the head, which could not say so; a request that is here is still answered.
    else if (keepAlive === "yes" && site.isDraining) {
      keepAlive = "server_stopped";
    }
  }
  return decideNext(reading, closed ? "broken" : writing, keepAlive);
}
