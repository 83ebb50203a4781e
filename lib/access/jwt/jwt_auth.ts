/**
 * Signed tokens (RFC 7519) in `Authorization: Bearer` (RFC 6750). The library that
 * verifies them is loaded with the first one.
 */

import type {
  JSONWebKeySet,
  JWTPayload,
  JWTVerifyGetKey,
  JWTVerifyOptions,
} from "jose";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { FIELD } from "../../http/field.ts";
import { HttpError } from "../../http/error.ts";
import type { Clock } from "../../net/clock.ts";
import type { AccessReason } from "../../reasons/reason.ts";
import { Refusal } from "../refusal.ts";
import type { AuthPlace } from "../auth_place.ts";
import { requestLine } from "../authenticated.ts";
import { Service, type ServiceOptions } from "../forward/service.ts";
import {
  type AccessFinding,
  type AccessPhase,
  explained,
  finding,
  refusing,
} from "../passage.ts";
import { claimText } from "./claim_text.ts";
import {
  keysAt,
  KeySet,
  keysInFile,
  type KeySource,
  TIMES_OF_FILES,
  TIMES_OF_SERVICES,
} from "./key_set.ts";

/** The options: plain data. */
export interface JwtOptions {
  readonly kind: "jwt";
  /** Where the keys are. */
  readonly keys:
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "service" } & ServiceOptions;
  /** Undefined for any. */
  readonly issuer: string | undefined;
  /** One of these; none for any. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  /** How far clocks may differ, in ms. */
  readonly skewMs: number;
  /** Claims by the header that they become. */
  readonly forward: Readonly<Record<string, string>>;
}

const CHALLENGE = 'WWW-Authenticate: Bearer realm="Restricted"';
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** By the code of an error of the library: the reason, and what the client is told. */
const REFUSALS: Readonly<
  Record<string, [reason: AccessReason, words: string]>
> = {
  ERR_JWT_EXPIRED: ["token-expired", "The token has expired"],
  ERR_JWT_CLAIM_VALIDATION_FAILED: [
    "token-claim",
    "A claim of the token is not accepted",
  ],
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: [
    "token-signature",
    "The signature is wrong",
  ],
  ERR_JWKS_NO_MATCHING_KEY: ["token-key", "The key is not known"],
  ERR_JOSE_ALG_NOT_ALLOWED: [
    "token-algorithm",
    "The algorithm is not accepted",
  ],
};
const MALFORMED: [reason: AccessReason, words: string] = [
  "token-malformed",
  "The token is malformed",
];
const NO_KEY = "ERR_JWKS_NO_MATCHING_KEY";
const MANY_KEYS = "ERR_JWKS_MULTIPLE_MATCHING_KEYS";
const WRONG_SIGNATURE = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
/** Keys that are tried for a token that does not say which is its own. */
const KEYS_MAX = 8;

/** Compiles the look at tokens: `unauthenticated`, `auth_unavailable`. */
export function jwtPhase(options: JwtOptions, place: AuthPlace): AccessPhase {
  const { keys } = options;
  const { clock, upstreamOf, keySets } = place;
  const isFile = keys.kind === "file";
  const source = isFile ? keysInFile(keys.path, clock) : keysAt(
    new Service(keys, upstreamOf(keys.upstream), clock),
    keys.target,
  );
  const name = isFile ? keys.path : `${keys.upstream}${keys.target}`;
  const times = isFile ? TIMES_OF_FILES : TIMES_OF_SERVICES;
  const set = keySets.of(name, () => new KeySet(times, clock));
  const auth = new JwtAuth(options, set, source, clock);
  return explained((x) => auth.check(x), explainToken);
}

class JwtAuth {
  readonly #options: JwtOptions;
  readonly #keys: KeySet;
  readonly #source: KeySource;
  readonly #clock: Clock;
  /** Finds the key of a token among these keys. */
  #find: JWTVerifyGetKey | undefined;
  #keysOf: JSONWebKeySet | undefined;

  constructor(
    options: JwtOptions,
    keys: KeySet,
    source: KeySource,
    clock: Clock,
  ) {
    this.#options = options;
    this.#keys = keys;
    this.#source = source;
    this.#clock = clock;
  }

  async check(x: Exchange): Promise<void> {
    const claims = await this.#verify(x, tokenOf(x));
    const { sub } = claims;
    if (typeof sub === "string") x.identifyAs(sub);
    for (const [name, claim] of Object.entries(this.#options.forward)) {
      const text = claimText(claims, claim);
      const line = text === undefined ? undefined : requestLine(name, text);
      if (line !== undefined) x.fetch.addRequestLines(line);
    }
  }

  /** The claims of a token; a key that is not known may be a new one. */
  async #verify(x: Exchange, token: string): Promise<JWTPayload> {
    try {
      return await this.#verifyOnce(x, token);
    } catch (error) {
      if (
        codeOf(error) !== NO_KEY || !await this.#keys.refresh(x, this.#source)
      ) {
        throw refusalFor(error);
      }
    }
    try {
      return await this.#verifyOnce(x, token);
    } catch (error) {
      throw refusalFor(error);
    }
  }

  async #verifyOnce(x: Exchange, token: string): Promise<JWTPayload> {
    const keys = await this.#keys.read(x, this.#source);
    const { createLocalJWKSet, jwtVerify } = await import("jose");
    if (this.#keysOf !== keys) {
      this.#find = createLocalJWKSet(keys); // which imports each key once
      this.#keysOf = keys;
    }
    const { issuer, audiences, algorithms, skewMs } = this.#options;
    const options: JWTVerifyOptions = {
      algorithms: [...algorithms],
      clockTolerance: skewMs / 1000,
      currentDate: new Date(this.#clock.now()),
      requiredClaims: ["exp"],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
    };
    try {
      return (await jwtVerify(token, this.#find!, options)).payload;
    } catch (error) {
      if (codeOf(error) !== MANY_KEYS) throw error;
      let failure: unknown = error;
      let tried = 0;
      for await (const key of error as AsyncIterable<CryptoKey>) {
        if (++tried > KEYS_MAX) break;
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (error) {
          failure = error;
          if (codeOf(error) !== WRONG_SIGNATURE) break;
        }
      }
      throw failure;
    }
  }
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

/** The token of a request. */
function tokenOf({ request: { fields } }: Exchange): string {
  const value = fields.text(FIELD.Authorization);
  if (value === undefined) {
    throw refusal("no-credentials", "No token", CHALLENGE);
  }
  const token = fields.isRepeated(FIELD.Authorization)
    ? undefined
    : BEARER.exec(value)?.[1];
  if (token !== undefined) return token;
  const detail = "Authorization is not one Bearer token";
  const line = `${CHALLENGE}, error="invalid_request", ` +
    `error_description="${detail}"`;
  throw refusal("bad-credentials", detail, line, 400);
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}

/** The refusal of a token (RFC 6750 §3.1); what is not the token's fault stays what it is. */
function refusalFor(error: unknown): unknown {
  if (error instanceof HttpError) return error;
  const [reason, words] = REFUSALS[codeOf(error)] ?? MALFORMED;
  const line = `${CHALLENGE}, error="invalid_token", ` +
    `error_description="${words}"`;
  return refusal(reason, `${words}: ${(error as Error).message}`, line);
}

function refusal(
  reason: AccessReason,
  detail: string,
  line: string,
  status = 401,
): Refusal {
  const lines = `${line}\r\n`;
  return new Refusal(reason, {
    detail,
    response: { status, lines, content: undefined },
  });
}
