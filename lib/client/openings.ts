/** The connections of one server that are opening: not so many that they could be a burden. */

import type { ListenAddress } from "../net/address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import type { IdleClients } from "./idle_clients.ts";
import { type Opened, Opening, type TlsTerms } from "./opening.ts";

/** Connections that open at the same time; for one more, the oldest is closed. */
export const OPENINGS_MAX = 1024;

/** Who opens one. */
export interface OpeningPeer {
  /** For the operator. */
  readonly address: string;
  /** Whether it is a trusted proxy. */
  readonly isTrusted: boolean;
}

/** How an opening has ended, and whether its place has been given to another. */
export type OpenedOrEvicted = Opened & { readonly isEvicted: boolean };

/** See the module's comment. */
export class Openings {
  readonly #idle: IdleClients;
  readonly #wheel: DeadlineWheel;
  readonly #incidents: IncidentSink;
  /** The oldest first. */
  readonly #openings = new Set<Opening>();

  constructor(
    idle: IdleClients,
    wheel: DeadlineWheel,
    incidents: IncidentSink,
  ) {
    this.#idle = idle;
    this.#wheel = wheel;
    this.#incidents = incidents;
  }

  /** Opens a connection; never rejects. */
  async open(
    socket: ClientSocket,
    at: ListenAddress,
    peer: OpeningPeer,
    terms: TlsTerms | undefined,
  ): Promise<OpenedOrEvicted> {
    const opening = new Opening(socket, at, {
      wheel: this.#wheel,
      incidents: this.#incidents,
      terms,
    });
    if (this.#openings.size >= OPENINGS_MAX) {
      const [oldest] = this.#openings;
      oldest!.close();
      this.#openings.delete(oldest!);
    }
    this.#openings.add(opening);
    this.#idle.add(opening.place);
    const opened = await opening.run(peer.address, peer.isTrusted);
    this.#idle.remove(opening.place);
    this.#openings.delete(opening);
    const { isEvicted } = opening;
    return isEvicted ? { kind: "closed", isEvicted } : { ...opened, isEvicted };
  }

  /** Closes all of them. */
  close(): void {
    for (const opening of this.#openings) opening.close();
  }
}
