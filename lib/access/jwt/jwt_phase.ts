/** Signed tokens as a step of access. */

import type { Exchange } from "../../exchange/exchange_state.ts";
import { HttpError } from "../../http/error.ts";
import type { AuthPlace } from "../auth_place.ts";
import { Service } from "../forward/service.ts";
import {
  type AccessFinding,
  type AccessPhase,
  explained,
  finding,
  refusing,
} from "../passage.ts";
import { JwtAuth, type JwtOptions, tokenOf } from "./jwt_auth.ts";
import {
  keysAt,
  KeySet,
  keysInFile,
  TIMES_OF_FILES,
  TIMES_OF_SERVICES,
} from "./key_set.ts";

/** Compiles the look at tokens: `unauthenticated`, `auth_unavailable`. */
export function jwtPhase(options: JwtOptions, place: AuthPlace): AccessPhase {
  const { keys } = options;
  const { clock, upstreamOf, keySets, tokens } = place;
  const isFile = keys.kind === "file";
  const source = isFile ? keysInFile(keys.path, clock) : keysAt(
    new Service(keys, upstreamOf(keys.upstream), clock),
    keys.target,
  );
  const name = isFile ? keys.path : `${keys.upstream}${keys.target}`;
  const times = isFile ? TIMES_OF_FILES : TIMES_OF_SERVICES;
  const set = keySets.of(name, () => new KeySet(times, clock));
  const auth = tokens.of(
    JSON.stringify(options),
    () => new JwtAuth(options, set, clock),
  );
  return explained((x) => auth.check(x, source), explainToken);
}

/** What a look at the token would do, as far as that needs no keys. */
function explainToken(x: Exchange): AccessFinding {
  try {
    tokenOf(x);
    return finding("authentication", "unknown", "a token has to be verified");
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return refusing("authentication", error);
  }
}
