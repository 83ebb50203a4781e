/** Flags that are used with `--config`: they replace what the file says. */

import { formatSocketAddress, type SocketAddress } from "../net/address.ts";
import type { LogFormat } from "../observe/access_log.ts";
import { isOnThisMachine } from "./address_values.ts";
import type { ResolvedAdmin, ResolvedConfig } from "./resolved.ts";

/** What they say; undefined where they say nothing. */
export interface Overrides {
  readonly listen: readonly SocketAddress[] | undefined;
  readonly workers: number | undefined;
  readonly logFormat: LogFormat | undefined;
  /** Where the admin listener is; the file says the rest of it. */
  readonly admin?: SocketAddress | "off" | undefined;
}

/** The configuration with the flags' values in it. */
export function withOverrides(
  config: ResolvedConfig,
  { listen, workers, logFormat, admin }: Overrides,
): ResolvedConfig {
  const {
    responseHeadBytesMax: _,
    responseFieldCountMax: _count,
    tunnelsMax: _tunnels,
    ...limits
  } = config.limits;
  return {
    ...config,
    listen: listen?.map((address) => ({
      address,
      secure: false,
      proxyProtocol: false,
      limits,
    })) ?? config.listen,
    workers: workers ?? config.workers,
    admin: adminOf(config, admin),
    log: { ...config.log, format: logFormat ?? config.log.format },
    from: {
      ...config.from,
      ...(listen === undefined ? {} : { "listen": "--listen" }),
      ...(workers === undefined ? {} : { "workers": "--workers" }),
      ...(logFormat === undefined ? {} : { "log.format": "--log-format" }),
      ...(admin === undefined ? {} : { "admin": "--admin" }),
    },
  };
}

function adminOf(
  { admin }: ResolvedConfig,
  address: Overrides["admin"],
): ResolvedAdmin | undefined {
  if (address === undefined) return admin;
  if (address === "off") return undefined;
  return { token: undefined, hosts: [], ...admin, address };
}

/** What is wrong with the flags' values beside those of the file; undefined if nothing is. */
export function overrideProblem(
  { admin, listen, from }: ResolvedConfig,
): string | undefined {
  if (admin === undefined) return undefined;
  const name = formatSocketAddress(admin.address);
  if (admin.token === undefined && !isOnThisMachine(admin.address)) {
    return `--admin: "${name}" is not only this machine's own address, and so needs a token: write admin.token in the file`;
  }
  const isTaken = !name.endsWith(":0") &&
    listen.some(({ address }) => formatSocketAddress(address) === name);
  if (!isTaken) return undefined;
  return from["admin"] === "--admin"
    ? `--admin: "${name}" is where clients are accepted`
    : `--listen: "${name}" is where the admin listener is`;
}
