/** What authentication finds where it works. */

import type { Clock } from "../net/clock.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { BasicAuth } from "./basic/basic_auth.ts";
import type { PasswordThread } from "./basic/password_thread.ts";
import type { JwtAuth } from "./jwt/jwt_auth.ts";
import type { KeySet } from "./jwt/key_set.ts";
import type { Kept } from "./kept.ts";
import type { Counts } from "./limits/limit_memory.ts";

/** What all authentication shares. */
export interface AuthPlace {
  readonly clock: Clock;
  readonly counts: Counts;
  readonly passwords: PasswordThread;
  /** By file of users: those whose passwords were right. */
  readonly users: Kept<BasicAuth>;
  /** By what is demanded of them: tokens that were good. */
  readonly tokens: Kept<JwtAuth>;
  /** By where they are: the keys of tokens. */
  readonly keySets: Kept<KeySet>;
  /** Finds an upstream of the configuration. */
  readonly upstreamOf: (name: string) => Upstream;
}
