/** Strict-Transport-Security, of which the rest of `security: true` is in `head/security_rules.ts`. */

import type { Exchange } from "../exchange/exchange_state.ts";
import { clientScheme } from "../exchange/forwarded.ts";

const HSTS = {
  name: "strict-transport-security",
  lines: "Strict-Transport-Security: max-age=31536000\r\n",
};

/** The phase that tells clients that came by TLS to come by TLS only (RFC 6797 §7.2: nobody else is told). */
export function hstsPhase(x: Exchange): void {
  if (isSecure(x)) x.addDefault(HSTS);
}

/** Whether the client came by TLS, to sluice or to a proxy that is trusted to say so. */
function isSecure(x: Exchange): boolean {
  return x.client.scheme === "https" || clientScheme(x) === "https";
}
