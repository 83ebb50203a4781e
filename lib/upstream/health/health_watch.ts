/**
 * Watches the servers of one upstream with probes, for all workers: it writes what it
 * finds to the memory that they share.
 *
 * A server begins as good. Failures in a row put it out, good answers in a row bring
 * it back; they also end an ejection.
 */

import { bytesOf } from "../../http/bytes.ts";
import { proxyHeader } from "../../net/proxy_protocol.ts";
import type { OriginAddress } from "../../net/address.ts";
import type { Clock } from "../../net/clock.ts";
import type { DeadlineWheel } from "../../net/deadline.ts";
import { logEvent } from "../../observe/event_log.ts";
import type { Random } from "../balance/candidate.ts";
import { Ejections } from "../eject.ts";
import { Handshakes } from "../handshakes.ts";
import {
  type Addresses,
  NameWatch,
  type Resolver,
  systemResolver,
} from "../name_watch.ts";
import { Server, twinsOf } from "../server.ts";
import { SERVER, SERVERS_MAX, SharedState } from "../shared_state.ts";
import type { UpstreamOptions } from "../upstream_options.ts";
import { type HealthOptions, probe } from "./probe.ts";

/** How much earlier or later than its time a probe may be, as a part of it. */
const JITTER = 0.2;

/** What all watches of a server share. */
export interface WatchPlace {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly random: Random;
  /** Behind the last worker. */
  readonly place: number;
  readonly resolver?: Resolver;
}

/** A server that is watched. */
interface Watched {
  readonly server: Server;
  readonly handshakes: Handshakes;
  /** Cancels the next probe. */
  cancel: () => void;
  isGone: boolean;
}

/** The shortest time between two probes, in ms. */
const EVERY_MS_MIN = 50;

/** Probes never run without a pause, and never wait for ever. */
function bounded(health: HealthOptions): HealthOptions {
  const everyMs = Math.max(health.everyMs, EVERY_MS_MIN);
  return { ...health, everyMs, timeoutMs: health.timeoutMs || everyMs };
}

/** See the module's comment. */
export class HealthWatch {
  readonly #options: UpstreamOptions;
  readonly #health: HealthOptions;
  readonly #place: WatchPlace;
  readonly #state: SharedState;
  readonly #names: NameWatch;
  readonly #twins: readonly number[];
  readonly #ejections: Ejections;
  #watched: Watched[] = [];

  /** @param memory What the upstream's workers share. */
  constructor(
    options: UpstreamOptions,
    health: HealthOptions,
    memory: SharedArrayBuffer,
    place: WatchPlace,
  ) {
    this.#options = options;
    this.#health = bounded(health);
    this.#place = place;
    this.#state = new SharedState(memory, place.place, place.clock);
    this.#twins = twinsOf(options.servers);
    const eject = options.eject ?? { failures: 1, forMs: 0, maxMs: 0 };
    this.#ejections = new Ejections(
      eject,
      this.#state,
      (server, text, isGood) => this.#tell(server, text, isGood),
    );
    const addresses = options.servers.map(({ address }) => address);
    this.#names = new NameWatch(
      addresses,
      place.resolver ?? systemResolver,
      place.clock,
      {
        onChange: (found) => this.#setAddresses(found),
        onMove: () => {}, // each probe has a connection of its own
      },
    );
    this.#setAddresses(addresses.map((address) => [address]));
  }

  #setAddresses(addresses: Addresses): void {
    const old = this.#watched;
    this.#watched = this.#options.servers.flatMap((options, index) =>
      addresses[index]!.map((address) =>
        old.find(({ server }) =>
          server.options === options &&
          JSON.stringify(server.address) === JSON.stringify(address)
        ) ?? this.#begin(options, address, this.#twins[index]!)
      )
    ).slice(0, SERVERS_MAX);
    for (const watched of old) {
      if (!this.#watched.includes(watched)) this.#end(watched);
    }
  }

  #begin(
    options: UpstreamOptions["servers"][number],
    address: OriginAddress,
    twin: number,
  ): Watched {
    const server = new Server(options, address, 0, twin, this.#state, 0);
    const { certificates, tls } = this.#options;
    const handshakes = new Handshakes(certificates, tls);
    const watched: Watched = {
      server,
      handshakes,
      cancel: () => {},
      isGone: false,
    };
    this.#planProbe(watched, this.#health.everyMs * this.#place.random());
    return watched;
  }

  #end(watched: Watched): void {
    watched.isGone = true;
    watched.cancel();
    watched.server.leave();
  }

  #planProbe(watched: Watched, afterMs: number): void {
    watched.cancel = this.#place.clock.after(
      afterMs,
      () => this.#probe(watched),
    );
  }

  async #probe(watched: Watched): Promise<void> {
    const { wheel, random } = this.#place;
    const { everyMs, timeoutMs } = this.#health;
    const dial = {
      handshakes: watched.handshakes,
      timeoutMs,
      makeRoom: (): boolean => false,
      tlsName: watched.server.tlsName,
      knownName: () => this.#names.known(watched.server.address),
    };
    const failure = await probe(
      watched.server,
      this.#health,
      dial,
      wheel,
      // Such a server waits for a header, whoever asks.
      this.#options.pool.isUnshared ? bytesOf(proxyHeader()) : undefined,
    );
    if (watched.isGone) return;
    const { slot } = watched.server;
    this.#state.set(slot, SERVER.ProbedAt, this.#state.ticks() || 1);
    if (failure === undefined) this.#good(watched.server);
    else this.#bad(watched.server, failure);
    const jitter = 1 + JITTER * (2 * random() - 1);
    this.#planProbe(watched, everyMs * jitter);
  }

  #good(server: Server): void {
    const state = this.#state;
    const { slot } = server;
    const count = Math.max(0, state.get(slot, SERVER.Probes)) + 1;
    state.set(slot, SERVER.Probes, count);
    if (count < this.#health.rise) return;
    const { rise } = this.#health;
    const why = rise === 1 ? "1 good probe" : `${rise} good probes`;
    const until = state.get(slot, SERVER.EjectedUntil);
    if (server.isEjected) this.#ejections.takeBack(server, until, why);
    if (state.change(slot, SERVER.Down, 1, 0)) {
      state.set(slot, SERVER.BackSince, state.ticks() || 1);
      this.#tell(server, `back: ${why}`, true);
    }
  }

  #bad(server: Server, failure: string): void {
    const state = this.#state;
    const { slot } = server;
    const count = Math.min(0, state.get(slot, SERVER.Probes)) - 1;
    state.set(slot, SERVER.Probes, count);
    this.#names.hurry();
    if (-count < this.#health.fall) return;
    state.setText(slot, SERVER.Reason, failure);
    if (!state.change(slot, SERVER.Down, 0, 1)) return;
    this.#tell(
      server,
      `out: ${-count} probes failed, the last: ${failure}`,
      false,
    );
  }

  #tell(server: Server, text: string, isGood: boolean): void {
    const line = `upstream ${this.#options.name}: ${server.name} is ${text}`;
    logEvent(isGood ? "info" : "warn", line);
  }

  /** Probes no more. */
  close(): void {
    this.#names.close();
    for (const watched of this.#watched) this.#end(watched);
    this.#watched = [];
  }
}
