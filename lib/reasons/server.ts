/** Why a request goes to this server of its upstream, and not to another one (pure). */

import { type ReasonsOf, rowsOf } from "./row.ts";

const SERVER_ROWS = {
  "only-server": ["", "Only one server can be asked."],
  "sticky-cookie": ["", "The cookie brings the client back to its server."],
  "hashed": ["", "What is hashed of the request belongs to this server."],
  "next-turn": ["", "The server's turn is the next."],
  "fewest-requests": [
    "",
    "Of two servers drawn by chance, it has fewer requests in flight.",
  ],
  "by-chance": [
    "",
    "The request has nothing that could be hashed: chance decides.",
  ],
  "no-server": ["9110 §15.6.4", "No server is in use."],
} as const;

/** See the module's comment. */
export const SERVER: ReasonsOf<typeof SERVER_ROWS> = rowsOf(
  "server",
  SERVER_ROWS,
);
