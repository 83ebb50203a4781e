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
import { requestLine } from "../authenticated.ts";
import type { ServiceOptions } from "../forward/service.ts";
import { claimText } from "./claim_text.ts";
import type { KeySet, KeySource } from "./key_set.ts";

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
/** Good tokens that are remembered; then all are forgotten. */
const GOOD_MAX = 1000;
/** Characters of one. */
const GOOD_LENGTH_MAX = 4096;

/** A token that has met the demands. */
interface GoodToken {
  readonly claims: JWTPayload;
  /** When it did, and when it expires: in between, its time cannot be wrong. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Keys that are tried for a token that does not say which is its own. */
const KEYS_MAX = 8;

/** The demands on tokens, and tokens that have met them. */
export class JwtAuth {
  readonly #options: JwtOptions;
  readonly #keys: KeySet;
  readonly #clock: Clock;
  /** Finds the key of a token among these keys. */
  #find: JWTVerifyGetKey | undefined;
  #keysOf: JSONWebKeySet | undefined;
  /** Claims by token, of those that were good with these keys. */
  readonly #good = new Map<string, GoodToken>();

  constructor(options: JwtOptions, keys: KeySet, clock: Clock) {
    this.#options = options;
    this.#keys = keys;
    this.#clock = clock;
  }

  async check(x: Exchange, source: KeySource): Promise<void> {
    const claims = await this.#verify(x, tokenOf(x), source);
    const { sub } = claims;
    if (typeof sub === "string") x.identifyAs(sub);
    for (const [name, claim] of Object.entries(this.#options.forward)) {
      const text = claimText(claims, claim);
      const line = text === undefined ? undefined : requestLine(name, text);
      if (line !== undefined) x.fetch.addRequestLines(line);
    }
  }

  /** The claims of a token; a key that is not known may be a new one. */
  async #verify(
    x: Exchange,
    token: string,
    source: KeySource,
  ): Promise<JWTPayload> {
    try {
      return await this.#verifyOnce(x, token, source);
    } catch (error) {
      if (codeOf(error) !== NO_KEY || !await this.#keys.refresh(x, source)) {
        throw refusalFor(error);
      }
    }
    try {
      return await this.#verifyOnce(x, token, source);
    } catch (error) {
      throw refusalFor(error);
    }
  }

  async #verifyOnce(
    x: Exchange,
    token: string,
    source: KeySource,
  ): Promise<JWTPayload> {
    const keys = await this.#keys.read(x, source);
    const nowMs = this.#clock.now();
    const known = this.#keysOf === keys ? this.#good.get(token) : undefined;
    if (
      known !== undefined && nowMs >= known.sinceMs && nowMs < known.untilMs
    ) {
      return known.claims;
    }
    const claims = await this.#verifySignature(keys, token);
    if (this.#keysOf === keys && token.length <= GOOD_LENGTH_MAX) {
      if (this.#good.size >= GOOD_MAX) this.#good.clear();
      const untilMs = claims.exp! * 1000;
      this.#good.set(token, { claims, sinceMs: nowMs, untilMs });
    }
    return claims;
  }

  async #verifySignature(
    keys: JSONWebKeySet,
    token: string,
  ): Promise<JWTPayload> {
    const { createLocalJWKSet, jwtVerify } = await import("jose");
    if (this.#keysOf !== keys) {
      this.#find = createLocalJWKSet(keys); // which imports each key once
      this.#keysOf = keys;
      this.#good.clear();
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

/**
 * The token of a request.
 *
 * @throws {HttpError} `unauthenticated`.
 */
export function tokenOf({ request: { fields } }: Exchange): string {
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
