/** Basic authentication as a step of access. */

import type { AuthPlace } from "../auth_place.ts";
import { type AccessPhase, explained } from "../passage.ts";
import { BasicAuth } from "./basic_auth.ts";
import { UserFile } from "./user_file.ts";

/** The options: plain data. */
export interface BasicOptions {
  readonly kind: "basic";
  /** The file of users. */
  readonly file: string;
}

/** Compiles authentication against a file: `unauthenticated`, `too_many_failures`, `auth_unavailable`. */
export function basicPhase(
  { file }: BasicOptions,
  { clock, counts, passwords, users }: AuthPlace,
): AccessPhase {
  const auth = users.of(
    file,
    () => new BasicAuth(new UserFile(file, clock), counts, passwords),
  );
  return explained((x) => auth.check(x), (x) => auth.explain(x));
}
