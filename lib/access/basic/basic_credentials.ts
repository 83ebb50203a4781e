/** The credentials of a request (RFC 7617 §2, pure). */

/** What a client says that it is. */
export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

const SCHEME = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the value of `Authorization`; undefined if it has no credentials of this kind. */
export function parseBasic(value: string): BasicCredentials | undefined {
  const token = SCHEME.exec(value)?.[1];
  if (token === undefined) return undefined;
  try {
    const text = utf8.decode(Uint8Array.fromBase64(token));
    const colon = text.indexOf(":");
    if (colon < 0) return undefined;
    return { user: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return undefined; // it is no base64, or no UTF-8
  }
}
