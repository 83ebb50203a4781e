/** Lower limits where there are few descriptors, so that clients leave some for the origin. */

import type { Config } from "../config/config.ts";
import { descriptorsOf, fitDescriptors } from "../config/descriptors.ts";
import { countFreeDescriptors } from "../net/descriptors.ts";
import { logEvent } from "../observe/event_log.ts";

/** The most free descriptors that are counted, in 2 ms. If more run out later, clients make room. */
const PROBED_MAX = 256;

/** See the module's comment. */
export class DescriptorLimits {
  /** What there was when least was in use: later, clients have some of it, and may. */
  #free = 0;

  /** The configuration with limits that fit; itself if it fits, or if nothing can be counted. */
  fit(config: Config): Config {
    const max = Math.min(descriptorsOf(config), PROBED_MAX);
    if (this.#free < max) {
      const free = countFreeDescriptors(PROBED_MAX);
      if (free === undefined) return config;
      this.#free = Math.max(this.#free, free);
    }
    if (this.#free >= max) return config;
    const fitting = fitDescriptors(config, this.#free);
    const { workers, connectionsMax, upstreams } = fitting;
    const sum = (bound: "connectionsMax" | "tunnelsMax"): number =>
      upstreams.reduce((total, { pool }) => total + pool[bound], 0);
    logEvent(
      "warn",
      `only ${this.#free} descriptors are free: limits are lowered to ` +
        `${workers} worker(s), ${connectionsMax} client connections, ` +
        `${sum("connectionsMax")} origin connections and ` +
        `${sum("tunnelsMax")} tunnels; raise ulimit -n or LimitNOFILE=`,
    );
    return fitting;
  }
}
