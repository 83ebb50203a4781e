/**
 * What a route demands of its clients, in the order in which it is asked for:
 * addresses, limits, authentication. A route that demands nothing has no step here.
 */

import {
  type AddressOptions,
  addressPhase,
  hasAddresses,
} from "./addresses.ts";
import { type CorsOptions, corsPhase, preflightPhase } from "./cors.ts";
import type { Clock } from "../net/clock.ts";
import type { Counts } from "./limits/limit_memory.ts";
import type { LimitOptions } from "./limits/limit_options.ts";
import { limitPhases } from "./limits/limit_phases.ts";
import type { AccessPhase } from "./passage.ts";
import { hstsPhase } from "./hsts.ts";

/** What a route demands, and what browsers are told: plain data. */
export interface AccessOptions {
  readonly addresses: AddressOptions;
  readonly limits: readonly LimitOptions[];
  /** Undefined if browsers are told nothing about other origins. */
  readonly cors: CorsOptions | undefined;
  /** Whether clients that came by TLS are to come by TLS only. */
  readonly hsts: boolean;
}

/** What the demands of all routes share. */
export interface AccessPlace {
  readonly clock: Clock;
  readonly counts: Counts;
}

/** Compiles the demands of a route: no phase if there are none. */
export function accessPhases(
  { addresses, limits, cors, hsts }: AccessOptions,
  { counts, clock }: AccessPlace,
): AccessPhase[] {
  const ofUsers = limits.filter(({ by }) => by === "user");
  const ofAll = limits.filter(({ by }) => by !== "user");
  const phases: AccessPhase[] = [];
  if (hsts) phases.push(hstsPhase);
  if (cors !== undefined) phases.push(corsPhase(cors));
  if (hasAddresses(addresses)) phases.push(addressPhase(addresses));
  phases.push(...limitPhases(ofAll, counts, clock));
  // A browser sends no credentials with its question.
  if (cors !== undefined) phases.push(preflightPhase(cors));
  phases.push(...limitPhases(ofUsers, counts, clock));
  return phases;
}
