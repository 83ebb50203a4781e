/** The caches behind the one in memory, as the whole process has them. What each takes is loaded where there is one. */

import type { DiskFolder, DiskLink } from "../cache/disk/disk_folder.ts";
import { createFleetMemory } from "../cache/fleet/fleet_state.ts";
import type { FleetLink } from "../cache/fleet/fleet_tier.ts";
import type { FleetFollower } from "../cache/fleet/follower.ts";
import type { Tier } from "../cache/store/tiers/tier.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../net/clock.ts";
import { Incidents } from "../observe/incidents.ts";
import { TierFailures } from "../observe/tier_failures.ts";
import type { FleetFacts, TierFacts } from "../observe/metrics/snapshot.ts";
import { openDisk } from "./disk_place.ts";
import type { Asked } from "./questions.ts";
import { diskFacts } from "./tier_facts.ts";

/** By what one worker asks them: plain data, but for the port, which is transferred. */
export interface BehindLink {
  readonly disk: DiskLink | undefined;
  readonly fleet: FleetLink | undefined;
}

/** What a link has transferred. */
export function portsOf({ disk }: BehindLink): MessagePort[] {
  return disk === undefined ? [] : [disk.port, disk.renewals];
}

/** The tiers of a worker, the fastest first. */
export async function tiersBehind(
  { disk, fleet }: BehindLink,
  clock: Clock,
): Promise<Tier[]> {
  const tiers: Tier[] = [];
  if (disk !== undefined) {
    const { diskTier } = await import("../cache/disk/disk_folder.ts");
    tiers.push(diskTier(disk, clock));
  }
  if (fleet !== undefined) {
    const { FleetTier } = await import("../cache/fleet/fleet_tier.ts");
    tiers.push(new FleetTier(fleet, clock));
  }
  return tiers;
}

/** See the module's comment. */
export class Behind {
  readonly #disk: DiskFolder | undefined;
  readonly #fleet: FleetLink | undefined;
  #follower: FleetFollower | undefined;

  private constructor(
    disk: DiskFolder | undefined,
    fleet: FleetLink | undefined,
  ) {
    this.#disk = disk;
    this.#fleet = fleet;
  }

  /**
   * Opens what is on disk; see `openDisk`.
   *
   * @throws {Error} A line for the operator.
   */
  static async open(config: Config, waits: boolean): Promise<Behind> {
    const { shared } = config;
    return new Behind(
      await openDisk(config, waits),
      shared && {
        ...shared,
        node: crypto.randomUUID(),
        memory: createFleetMemory(),
      },
    );
  }

  /** What one more worker asks by. */
  link(): BehindLink {
    return { disk: this.#disk?.link(), fleet: this.#fleet };
  }

  /** Has a server carry out the purges of its fleet, from now on. */
  async follow(server: Asked, clock: Clock): Promise<void> {
    if (this.#fleet === undefined) return;
    const { FleetFollower } = await import("../cache/fleet/follower.ts");
    const watcher = new TierFailures(new Incidents(clock));
    this.#follower = new FleetFollower(
      this.#fleet,
      clock,
      watcher,
      async (purges) => void await server.ask("fleet", purges),
    );
  }

  /** What they hold, as far as it is known here. */
  get tiers(): readonly TierFacts[] {
    return this.#disk === undefined ? [] : [diskFacts(this.#disk)];
  }

  /** How this node gets on with its fleet; undefined if it has none. */
  get fleet(): FleetFacts | undefined {
    return this.#follower?.facts;
  }

  /** Goes by another configuration, as far as that is possible. */
  change({ disk }: Config): void {
    if (disk !== undefined) this.#disk?.resize(disk.bytesMax);
  }

  /** Nothing is asked of it any more: the follower ends, and the disk is let go. */
  async close(): Promise<void> {
    this.#follower?.close();
    await this.#disk?.close();
  }
}
