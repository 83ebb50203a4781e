/** The running program as the admin listener sees it: of one worker or of several. */

import type { Behind } from "./behind.ts";
import {
  type Administered,
  type Following,
  type Readiness,
  type ReloadResult,
  type ServerChange,
  UnavailableError,
} from "../admin/administered.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { Question } from "../explain/question.ts";
import type { Clock } from "../net/clock.ts";
import type { ListenAddress } from "../net/address.ts";
import type { LiveTraces, TraceFound } from "../observe/live_traces.ts";
import type { RecentErrors } from "../observe/metrics/recent_errors.ts";
import type {
  MetricsSnapshot,
  TierFacts,
} from "../observe/metrics/snapshot.ts";
import { hasServer, type UpstreamReport } from "../upstream/administration.ts";
import type { Config } from "../config/config.ts";
import { formatSocketAddress } from "../net/address.ts";
import type { PurgeOrder } from "../handlers/cache/purge_order.ts";
import type { Asked, Questions } from "./questions.ts";
import { Metrics } from "./metrics.ts";
import { usedUpstreams } from "./used_upstreams.ts";
import type { UpstreamMemories } from "./upstream_memory.ts";

/** What the program is doing. */
type Stage = "starting" | "running" | "draining";

/** What has to be asked elsewhere. */
export interface AdministrationPlace {
  readonly version: string;
  readonly clock: Clock;
  readonly errors: RecentErrors;
  /** The configuration in force as JSON, without its secrets. */
  readonly configuration: () => Promise<string>;
  /** Reads the configuration again. */
  readonly reload: () => Promise<ReloadResult>;
  /** Begins to stop; resolves when nobody listens any more. */
  readonly stop: (handsOver: boolean) => Promise<void>;
}

/** A server, or what stands for several workers. */
export interface AdministeredServer extends Asked {
  readonly upstreams: UpstreamMemories | undefined;
  readonly metrics: Metrics | undefined;
  readonly tiers: readonly TierFacts[];
  readonly traces: LiveTraces;
  /** Where it accepts clients, and what these speak there. */
  readonly listening: readonly ListenAddress[];
}

/** See the module's comment. */
export class Administration implements Administered {
  readonly #place: AdministrationPlace;
  #stage: Stage = "starting";
  #server: AdministeredServer | undefined;
  #behind: Behind | undefined;
  /** The upstreams that requests need. */
  #used: ReadonlySet<string> = new Set();
  #isInMaintenance = false;
  /** As the configuration has it: port 0 is any. */
  listen: readonly string[] = [];

  constructor(place: AdministrationPlace) {
    this.#place = place;
  }

  /** Clients are accepted from now on. */
  started(
    server: AdministeredServer,
    config: Config,
    behind?: Behind,
  ): void {
    this.#server = server;
    this.#behind = behind;
    this.goesBy(config);
    this.#stage = "running";
  }

  /** Another configuration holds. */
  goesBy(config: Config): void {
    this.#used = usedUpstreams(config);
    this.listen = config.listen.map(formatSocketAddress);
  }

  /** No more clients are accepted. */
  stopping(): void {
    this.#stage = "draining";
  }

  get version(): string {
    return this.#place.version;
  }

  readiness(): Readiness {
    if (this.#stage !== "running") {
      return { isReady: false, reasons: [this.#stage] };
    }
    const reasons = this.upstreams()
      .filter(({ name, servers }) =>
        this.#used.has(name) && !hasServer(servers)
      )
      .map(({ name }) => `upstream ${name} has no server`);
    return { isReady: reasons.length === 0, reasons };
  }

  get #tiers(): readonly TierFacts[] {
    return [...this.#server?.tiers ?? [], ...this.#behind?.tiers ?? []];
  }

  async metrics(): Promise<MetricsSnapshot> {
    const { version, errors, clock } = this.#place;
    const metrics = this.#server?.metrics ?? new Metrics(1, clock);
    return await metrics.snapshot({
      version,
      upstreams: this.upstreams(),
      tiers: this.#tiers,
      fleet: this.#behind?.fleet,
      recentErrors: errors.all,
    });
  }

  upstreams(): readonly UpstreamReport[] {
    return this.#server?.upstreams?.report() ?? [];
  }

  changeServer(
    upstream: string,
    server: string,
    { state, weight }: ServerChange,
  ): number {
    const upstreams = this.#server?.upstreams;
    if (upstreams === undefined) return 0;
    const weighted = weight === undefined
      ? undefined
      : upstreams.setWeight(upstream, server, weight);
    return state === undefined
      ? weighted ?? 0
      : upstreams.setServerState(upstream, server, state);
  }

  get isInMaintenance(): boolean {
    return this.#isInMaintenance;
  }

  async setMaintenance(isOn: boolean): Promise<void> {
    await this.#ask("maintenance", isOn);
    this.#isInMaintenance = isOn;
  }

  purge(order: PurgeOrder): Promise<number> {
    return this.#ask("purge", order);
  }

  explain(question: Question): Promise<Explanation> {
    return this.#ask("explain", question);
  }

  async follow(question: Question): Promise<Following | undefined> {
    const explanation = await this.explain(question);
    const { traces, listening } = this.#server!; // which has just answered
    const token = traces.begin();
    return token === undefined ? undefined : { token, explanation, listening };
  }

  followed(token: string): TraceFound {
    return this.#server?.traces.find(token) ?? { kind: "unknown" };
  }

  /** Asks somebody who has a whole site. */
  async #ask<Kind extends keyof Questions>(
    kind: Kind,
    asked: Questions[Kind]["asked"],
  ): Promise<Questions[Kind]["answer"]> {
    if (this.#server === undefined) {
      throw new UnavailableError(`sluice is ${this.#stage}`);
    }
    return await this.#server.ask(kind, asked);
  }

  stop(handsOver: boolean): Promise<void> {
    return this.#place.stop(handsOver);
  }

  configuration(): Promise<string> {
    return this.#place.configuration();
  }

  async reload(): Promise<ReloadResult> {
    return this.#stage === "running"
      ? await this.#place.reload()
      : { kind: "refused", errors: [`sluice is ${this.#stage}`] };
  }
}
