/**
 * Signed tokens (RFC 7519) in `Authorization: Bearer` (RFC 6750). The library that
 * verifies them is loaded with the first one.
 */

import type { JWTPayload, JWTVerifyOptions } from "jose";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { FIELD } from "../../http/field.ts";
import { HttpError } from "../../http/error.ts";
import type { Clock } from "../../net/clock.ts";
import { type AuthPlace, requestLine } from "../authenticated.ts";
import { Service, type ServiceOptions } from "../forward/service.ts";
import {
  type AccessFinding,
  type AccessPhase,
  explained,
  finding,
  refusing,
} from "../passage.ts";
import { claimText } from "./claim_text.ts";
import { keysAt, KeySet, keysInFile } from "./key_set.ts";

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
/** By the code of an error of the library: what the client is told. */
const WORDS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: "The token has expired",
  ERR_JWT_CLAIM_VALIDATION_FAILED: "A claim of the token is not accepted",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "The signature is wrong",
  ERR_JWKS_NO_MATCHING_KEY: "The key is not known",
  ERR_JOSE_ALG_NOT_ALLOWED: "The algorithm is not accepted",
};
const NO_KEY = "ERR_JWKS_NO_MATCHING_KEY";

/** Compiles the look at tokens: `unauthenticated`, `auth_unavailable`. */
export function jwtPhase(options: JwtOptions, place: AuthPlace): AccessPhase {
  const { keys } = options;
  const { clock, upstreamOf } = place;
  const source = keys.kind === "file" ? keysInFile(keys.path, clock) : keysAt(
    new Service(keys, upstreamOf(keys.upstream), clock),
    keys.target,
  );
  const auth = new JwtAuth(options, new KeySet(source, clock), clock);
  return explained((x) => auth.check(x), explainToken);
}

class JwtAuth {
  readonly #options: JwtOptions;
  readonly #keys: KeySet;
  readonly #clock: Clock;

  constructor(options: JwtOptions, keys: KeySet, clock: Clock) {
    this.#options = options;
    this.#keys = keys;
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
      if (codeOf(error) !== NO_KEY || !await this.#keys.refresh(x)) {
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
    const keys = await this.#keys.read(x);
    const { createLocalJWKSet, jwtVerify } = await import("jose");
    const { issuer, audiences, algorithms, skewMs } = this.#options;
    const options: JWTVerifyOptions = {
      algorithms: [...algorithms],
      clockTolerance: skewMs / 1000,
      currentDate: new Date(this.#clock.now()),
      requiredClaims: ["exp"],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
    };
    return (await jwtVerify(token, createLocalJWKSet(keys), options)).payload;
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
  if (value === undefined) throw refusal("No token", CHALLENGE);
  const token = fields.isRepeated(FIELD.Authorization)
    ? undefined
    : BEARER.exec(value)?.[1];
  if (token !== undefined) return token;
  const detail = "Authorization is not one Bearer token";
  const line = `${CHALLENGE}, error="invalid_request", ` +
    `error_description="${detail}"`;
  throw refusal(detail, line, 400);
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}

/** The refusal of a token (RFC 6750 §3.1); what is not the token's fault stays what it is. */
function refusalFor(error: unknown): unknown {
  if (error instanceof HttpError) return error;
  const words = WORDS[codeOf(error)] ?? "The token is malformed";
  const line = `${CHALLENGE}, error="invalid_token", ` +
    `error_description="${words}"`;
  return refusal(`${words}: ${(error as Error).message}`, line);
}

function refusal(detail: string, line: string, status = 401): HttpError {
  const lines = `${line}\r\n`;
  return new HttpError("unauthenticated", detail, undefined, "unknown", {
    status,
    lines,
    content: undefined,
  });
}
