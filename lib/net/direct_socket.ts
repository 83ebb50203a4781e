/**
 * Reads and writes of a connection without the wrappers of `Deno.Conn`.
 *
 * Its `read` is an asynchronous function around an operation that makes a promise
 * anyway, and keeps a list of reads, for `ref` and `unref`, that nobody asks for here:
 * together 6% of a request (measured). The operations under it are no documented part
 * of the runtime. So this file alone knows of them, and a connection serves as it is if
 * they are not what this file expects.
 */

import type { ReadableSocket } from "./reader.ts";
import type { WritableSocket } from "./writer.ts";

/** What a reader and a writer need of a socket. */
export interface DirectSocket extends ReadableSocket, WritableSocket {}

/** The runtime's operations, as far as they are needed. */
interface Core {
  /** The name of the property by which the runtime's objects tell their number. */
  readonly internalRidSymbol: symbol;
  /** Resolves to the number of bytes, 0 at the end of the input. */
  read(resource: number, buffer: Uint8Array): Promise<number>;
  write(resource: number, bytes: Uint8Array): Promise<number>;
}

const core = findCore();

function findCore(): Core | undefined {
  const { internal } = Deno as unknown as { internal?: symbol };
  if (typeof internal !== "symbol") return undefined;
  const { core } =
    (Deno as unknown as Record<symbol, { core?: Partial<Core> }>)[
      internal
    ] ?? {};
  const isKnown = typeof core?.read === "function" &&
    typeof core.write === "function" &&
    typeof core.internalRidSymbol === "symbol";
  return isKnown ? core as Core : undefined;
}

/** One connection; see the module's comment. */
class RuntimeSocket implements DirectSocket {
  readonly #resource: number;

  constructor(resource: number) {
    this.#resource = resource;
  }

  read(buffer: Uint8Array): Promise<number> {
    return core!.read(this.#resource, buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return core!.write(this.#resource, bytes);
  }
}

/** The shortest way to read and write on a connection, which somebody else closes. */
export function directSocket(socket: DirectSocket): DirectSocket {
  if (core === undefined) return socket;
  const resource = (socket as unknown as Record<symbol, unknown>)[
    core.internalRidSymbol
  ];
  return typeof resource === "number" ? new RuntimeSocket(resource) : socket;
}
