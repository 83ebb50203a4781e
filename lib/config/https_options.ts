/** What HTTPS means for the routes of a configuration: redirects, and a header for browsers. */

import type { RouteOptions } from "../exchange/route.ts";
import { bytesOf } from "../http/bytes.ts";
import { fieldRuleOf, resolveFieldRules } from "../http/field_rule.ts";
import { responseRules } from "./header_rules.ts";
import type { ResolvedConfig, ResolvedRoute, ResolvedTls } from "./resolved.ts";

const HSTS = "Strict-Transport-Security";

/** What follows for plain HTTP, and for browsers, from HTTPS being there. */
export function httpsOptions(
  { options }: Pick<ResolvedRoute, "options">,
  tls: ResolvedTls | undefined,
  { listen }: ResolvedConfig,
): Partial<RouteOptions> | undefined {
  if (tls === undefined) return undefined;
  const secure = listen.find(({ secure, address }) =>
    secure && address.transport === "tcp"
  );
  if (secure === undefined || secure.address.transport !== "tcp") return;
  const isGivenByHand = options.headers.some(({ name }) =>
    name.toLowerCase() === HSTS.toLowerCase()
  );
  const sendsHsts = tls.hstsMs > 0 && !isGivenByHand;
  const age = Math.floor(tls.hstsMs / 1000);
  const httpsPort = tls.redirect ? secure.address.port : undefined;
  return sendsHsts
    ? {
      httpsPort,
      hstsLine: bytesOf(`${HSTS}: max-age=${age}\r\n`),
      responseRules: resolveFieldRules([
        ...responseRules(options),
        fieldRuleOf(HSTS, null),
      ]),
    }
    : { httpsPort };
}
