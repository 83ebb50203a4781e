/** Flags that stand beside `--config`: they replace what the file says. */

import type { SocketAddress } from "../net/address.ts";
import type { LogFormat } from "../observe/access_log.ts";
import type { ResolvedConfig } from "./resolved.ts";

/** What they say; undefined where they say nothing. */
export interface Overrides {
  readonly listen: readonly SocketAddress[] | undefined;
  readonly workers: number | undefined;
  readonly logFormat: LogFormat | undefined;
}

/** The configuration with the flags' values in it. */
export function withOverrides(
  config: ResolvedConfig,
  { listen, workers, logFormat }: Overrides,
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
    log: { ...config.log, format: logFormat ?? config.log.format },
    from: {
      ...config.from,
      ...(listen === undefined ? {} : { "listen": "--listen" }),
      ...(workers === undefined ? {} : { "workers": "--workers" }),
      ...(logFormat === undefined ? {} : { "log.format": "--log-format" }),
    },
  };
}
