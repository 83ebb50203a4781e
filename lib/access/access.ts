/**
 * What a route demands of its clients, in the order in which it is asked for:
 * addresses, limits, authentication. A route that demands nothing has no step here.
 */

import {
  type AddressOptions,
  addressPhase,
  addressRefusal,
  hasAddresses,
} from "./addresses.ts";
import { type CorsOptions, corsPhase, preflightPhase } from "./cors.ts";
import type { AuthPlace } from "./auth_place.ts";
import { type BasicOptions, basicPhase } from "./basic/basic_phase.ts";
import { type ForwardOptions, forwardPhase } from "./forward/forward_auth.ts";
import type { JwtOptions } from "./jwt/jwt_auth.ts";
import { jwtPhase } from "./jwt/jwt_phase.ts";
import type { LimitOptions } from "./limits/limit_options.ts";
import { limitPhases } from "./limits/limit_phases.ts";
import { type AccessPhase, explained, finding } from "./passage.ts";
import { hstsPhase } from "./hsts.ts";

/** Who a client must be: plain data. */
export type AuthOptions = BasicOptions | ForwardOptions | JwtOptions;

/** What a route demands, and what browsers are told: plain data. */
export interface AccessOptions {
  readonly addresses: AddressOptions;
  readonly limits: readonly LimitOptions[];
  /** Undefined if nobody has to say who it is. */
  readonly auth: AuthOptions | undefined;
  /** Whether addresses and authentication must both hold, or one of them. */
  readonly satisfy: "all" | "any";
  /** Undefined if browsers are told nothing about other origins. */
  readonly cors: CorsOptions | undefined;
  /** Whether clients that came by TLS are to come by TLS only. */
  readonly hsts: boolean;
}

/** Compiles the demands of a route: no phase if there are none. */
export function accessPhases(
  { addresses, limits, auth, satisfy, cors, hsts }: AccessOptions,
  place: AuthPlace,
): AccessPhase[] {
  const { counts, clock } = place;
  const ofUsers = limits.filter(({ by }) => by === "user");
  const ofAll = limits.filter(({ by }) => by !== "user");
  const phases: AccessPhase[] = [];
  if (hsts) phases.push(hstsPhase);
  if (cors !== undefined) phases.push(corsPhase(cors));
  const authPhase = auth && authPhaseOf(auth, place);
  const isEither = satisfy === "any" && auth !== undefined &&
    hasAddresses(addresses);
  if (hasAddresses(addresses) && !isEither) {
    phases.push(addressPhase(addresses));
  }
  phases.push(...limitPhases(ofAll, counts, clock));
  // A browser sends no credentials with its question.
  if (cors !== undefined) phases.push(preflightPhase(cors));
  if (authPhase !== undefined) {
    phases.push(isEither ? unlessAt(addresses, authPhase) : authPhase);
  }
  phases.push(...limitPhases(ofUsers, counts, clock));
  return phases;
}

/** Authentication for those whose addresses do not do. */
function unlessAt(
  addresses: AddressOptions,
  authenticate: AccessPhase,
): AccessPhase {
  const refusal = addressRefusal(addresses);
  return explained(
    (x) => refusal(x) === undefined ? undefined : authenticate(x),
    (x) =>
      refusal(x) === undefined
        ? finding("addresses", "pass", "its address is enough")
        : authenticate.explain!(x),
  );
}

function authPhaseOf(auth: AuthOptions, place: AuthPlace): AccessPhase {
  switch (auth.kind) {
    case "basic":
      return basicPhase(auth, place);
    case "forward":
      return forwardPhase(auth, place);
    case "jwt":
      return jwtPhase(auth, place);
  }
}
