/** What the workers have counted: its memory and its names outlast reloads and crashes. */

import {
  type CertificateText,
  readCertificate,
} from "../certificates/certificate.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../net/clock.ts";
import { clearGauges, createMetricsMemory } from "../observe/metrics/layout.ts";
import {
  type MeterNames,
  NO_NAMES,
  withNames,
} from "../observe/metrics/meter_names.ts";
import { systemFacts } from "../observe/metrics/process_facts.ts";
import type {
  CertificateFacts,
  ConfigFacts,
  MetricsSnapshot,
  ServerFacts,
  TierFacts,
} from "../observe/metrics/snapshot.ts";
import { readTotals } from "../observe/metrics/totals.ts";
import type { UpstreamReport } from "../upstream/administration.ts";
import { routeNames } from "./compiled_route.ts";

/** What a snapshot has from elsewhere. */
export interface SnapshotParts extends Pick<MetricsSnapshot, "recentErrors"> {
  readonly version: string;
  readonly upstreams: readonly UpstreamReport[];
  readonly tiers: readonly TierFacts[];
  readonly fleet?: MetricsSnapshot["fleet"];
}

/** See the module's comment; the thread that has started the workers has it. */
export class Metrics {
  /** Shared with the workers. */
  readonly memory: SharedArrayBuffer;
  readonly #workers: number;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #names: MeterNames = NO_NAMES;
  #config: ConfigFacts;
  #tls: Config["tls"];
  /** What its certificates say, once somebody has asked. */
  #certificates: readonly CertificateFacts[] | undefined;

  /** @param workers How many count. */
  constructor(workers: number, clock: Clock) {
    this.memory = createMetricsMemory(workers);
    this.#workers = workers;
    this.#clock = clock;
    this.#startedMs = clock.now();
    this.#config = { isLastReloadGood: true, loadedMs: this.#startedMs };
  }

  /** Gives the routes and upstreams of a configuration their counters: known names keep theirs. */
  equip(config: Config): Config {
    const { hosts, upstreams } = config;
    this.#names = withNames(
      this.#names,
      hosts.flatMap(routeNames),
      upstreams.map(({ name }) => name),
    );
    return { ...config, meterNames: this.#names };
  }

  /** A configuration holds from now on. */
  use({ tls }: Config): void {
    this.#tls = tls;
    this.#certificates = undefined;
  }

  /** The configuration was read again, and could be used or not. */
  noteReload(isGood: boolean): void {
    const loadedMs = isGood ? this.#clock.now() : this.#config.loadedMs;
    this.#config = { isLastReloadGood: isGood, loadedMs };
  }

  /** A worker has crashed: what it had open is gone, what it has counted stays. */
  forgetWorker(index: number): void {
    clearGauges(this.memory, index);
  }

  /** Everything that there is to know just now. */
  async snapshot(
    { version, upstreams, tiers, fleet, recentErrors }: SnapshotParts,
  ): Promise<MetricsSnapshot> {
    return {
      nowMs: this.#clock.now(),
      process: {
        version,
        runtime: Deno.version.deno,
        workers: this.#workers,
        startedMs: this.#startedMs,
        ...await systemFacts(),
      },
      config: this.#config,
      totals: readTotals(this.memory, this.#names),
      tiers,
      fleet,
      servers: upstreams.flatMap(serverFacts),
      certificates: this.#certificates ??= this.#tls === undefined
        ? []
        : this.#tls.certificates.map(certificateFacts),
      recentErrors,
    };
  }
}

function certificateFacts(text: CertificateText): CertificateFacts {
  const { names, notAfterMs } = readCertificate(text);
  return { name: names[0]!, expiresMs: notAfterMs };
}

function serverFacts(
  { name: upstream, servers }: UpstreamReport,
): ServerFacts[] {
  return servers.map((server) => ({
    upstream,
    server: server.name,
    state: server.state,
    isHealthy: server.state !== "down" && server.ejectedForMs === 0 &&
      !server.isFailingProbes,
    reason: server.reason,
    weight: server.weight,
    busyConnections: server.inFlight,
    idleConnections: Math.max(0, server.connections - server.inFlight),
  }));
}
