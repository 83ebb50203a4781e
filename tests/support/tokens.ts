/** Signed tokens, and a site that asks for them. */

import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { JWK } from "jose";

/** What tokens have to say. */
export const ISSUER = "https://id.example";
export const AUDIENCE = "api";

/** A key, and tokens that it signs. */
export class Signer {
  readonly jwk: JWK;
  readonly #key: CryptoKey;
  readonly #kid: string;

  private constructor(jwk: JWK, key: CryptoKey, kid: string) {
    this.jwk = jwk;
    this.#key = key;
    this.#kid = kid;
  }

  static async make(kid: string): Promise<Signer> {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = {
      ...await exportJWK(publicKey),
      kid,
      alg: "ES256",
      use: "sig",
    };
    return new Signer(jwk, privateKey, kid);
  }

  /** A token that is accepted, but for these claims. */
  async token(
    nowMs: number,
    claims: Record<string, unknown> = {},
  ): Promise<string> {
    const all = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: "ann",
      exp: Math.floor(nowMs / 1000) + 300,
      ...claims,
    };
    const given = Object.fromEntries(
      Object.entries(all).filter(([, value]) => value !== undefined),
    );
    return await new SignJWT(given)
      .setProtectedHeader({
        alg: "ES256",
        ...this.#kid !== "" && { kid: this.#kid },
      }).sign(this.#key);
  }
}

/** A site whose requests need a token. */
export function jwtHosts(
  proxy: string,
  jwks: string,
  more: Record<string, unknown> = {},
): unknown {
  const jwt = { jwks, issuer: ISSUER, audience: AUDIENCE, ...more };
  return { hosts: { "*": { proxy, auth: { jwt } } } };
}

/** The header line of a token. */
export function bearer(token: string): string {
  return `Authorization: Bearer ${token}`;
}
