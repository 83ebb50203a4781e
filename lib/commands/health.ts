/** `sluice --health`: asks the sluice that listens where this command line would. */

import { formatSocketAddress, type ListenAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import { checkHealth } from "../observe/health.ts";
import { EXIT_FAILURE } from "./exit_code.ts";

/** Less than a container runtime or a load balancer usually waits for a health check. */
const HEALTH_TIMEOUT_MS = 2000;

/**
 * Asks at each address.
 *
 * @param say Gets a line for each address that answers.
 * @returns The exit code.
 */
export async function askHealth(
  addresses: readonly ListenAddress[],
  clock: Clock,
  say: (line: string) => void,
): Promise<number> {
  for (const address of addresses) {
    const name = formatSocketAddress(address);
    try {
      await checkHealth(address, HEALTH_TIMEOUT_MS, clock);
    } catch (error) {
      logEvent("error", `${name}: ${(error as Error).message}`);
      return EXIT_FAILURE;
    }
    say(`sluice: ${name} answers`);
  }
  return 0;
}
