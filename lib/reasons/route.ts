/** Why a request went by a route, or by none (pure). */

import { type ReasonsOf, rowsOf } from "./row.ts";

const ROUTE_ROWS = {
  "host-exact": ["9110 §7.2", "A host has this name."],
  "host-wildcard": ["", "A host with a wildcard covers the name."],
  "host-any": ["", "The host * takes every name that no other host has."],
  "unknown-host": ["9110 §15.5.20", "No host has this name."],
  "no-path": ["9110 §15.5.5", "The host has no route for this path."],
  "no-condition": [
    "9110 §15.5.5",
    "None of the conditions of the routes for this path holds.",
  ],
  "ambiguous-path": [
    "3986 §6.2.2",
    "The origin might read the path as that of a route with other guards.",
  ],
} as const;

/** See the module's comment. */
export const ROUTE: ReasonsOf<typeof ROUTE_ROWS> = rowsOf(
  "route",
  ROUTE_ROWS,
);
