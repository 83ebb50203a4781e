/** A proxy that goes by a configuration file, in this process. */

import { assemble } from "../../lib/config/assemble.ts";
import { resolvedFrom } from "./memory_disk.ts";
import { Proxy } from "./proxy.ts";

const NOBODY = "http://127.0.0.1:1";

/** Starts a proxy that goes by a file with this value; flags are those of the process. */
export async function siteOf(
  config: unknown,
  ...flags: readonly string[]
): Promise<Proxy> {
  const proxy = await Proxy.start(NOBODY, ...flags);
  await reloadAs(proxy, config);
  return proxy;
}

/** Goes by another file from now on. */
export async function reloadAs(proxy: Proxy, config: unknown): Promise<void> {
  const assembled = assemble(await resolvedFrom(config), {
    certificates: String,
    text: String,
  });
  const { upstreams, hosts, fallback, connection } = assembled;
  const changed = { upstreams, hosts, fallback, connection };
  await proxy.replaceWith((base) => ({ ...base, ...changed }));
}
