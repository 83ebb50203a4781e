/**
 * `--replace`: this process takes the place of a running sluice, which is known by its
 * admin listener. It listens beside the old one, says that it is ready, and has the old
 * one stop. Nothing waits for a socket that nobody listens on.
 */

import type { Config } from "../config/config.ts";
import { formatSocketAddress, type SocketAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { keepsWaiting, resetsSent } from "../net/migration.ts";
import { logEvent } from "../observe/event_log.ts";
import { type AdminAddress, askAdmin, problemIn } from "./admin_client.ts";

/** For it to say what it is, in ms. */
const ANSWER_MS = 5000;

/** The old process as it is before it is asked to stop. */
export class Replacement {
  readonly #old: AdminAddress;
  readonly #name: string;
  readonly #clock: Clock;
  /** Where it listens. */
  readonly #listen: readonly string[];

  private constructor(
    old: AdminAddress,
    listen: readonly string[],
    clock: Clock,
  ) {
    this.#old = old;
    this.#name = formatSocketAddress(old.address);
    this.#listen = listen;
    this.#clock = clock;
  }

  /**
   * Looks what there is to be replaced.
   *
   * @param address Its admin listener; it has the same token as this process.
   * @throws {Error} A line for the operator: there is none.
   */
  static async of(
    address: SocketAddress,
    { admin }: Config,
    clock: Clock,
  ): Promise<Replacement> {
    if (Deno.build.os !== "linux") {
      throw new Error("--replace needs Linux: two processes share a port");
    }
    const old = { address, token: admin?.token };
    const answer = await askAdmin(
      old,
      { method: "GET", target: "/version" },
      clock,
      ANSWER_MS,
    );
    const listen = listenIn(answer.content);
    if (answer.status === 200 && listen !== undefined) {
      return new Replacement(old, listen, clock);
    }
    throw new Error(
      `--replace: ${formatSocketAddress(address)}: ${
        answer.status === 200
          ? "the sluice there cannot be replaced"
          : problemIn(answer)
      }`,
    );
  }

  /** The configuration for a process that listens where the old one does. */
  beside(config: Config): Config {
    return {
      ...config,
      listen: config.listen.map((address) => ({
        ...address,
        takesOver: this.#listen.includes(formatSocketAddress(address)),
      })),
    };
  }

  /** Whether the admin listener can be opened only when the old one has closed its own. */
  holds({ admin }: Config): boolean {
    return admin !== undefined &&
      formatSocketAddress(admin.address) === this.#name;
  }

  /**
   * Has the old process stop, once this one listens.
   *
   * @throws {Error} A line for the operator: it goes on.
   */
  async finish(): Promise<void> {
    const keeps = await keepsWaiting();
    const before = await resetsSent();
    const answer = await askAdmin(this.#old, {
      method: "POST",
      target: "/stop",
      content: { handOver: true },
    }, this.#clock);
    if (answer.status !== 200) {
      throw new Error(
        `--replace: ${this.#name} goes on: ${problemIn(answer)}`,
      );
    }
    const after = await resetsSent();
    const done = `the sluice at ${this.#name} is replaced`;
    if (keeps) return logEvent("info", `${done}: connections lost: 0`);
    const lost = before === undefined || after === undefined
      ? "some, perhaps"
      // Of all resets, those in this moment: others may be among them.
      : `at most ${after - before}`;
    logEvent("warn", `${done}: connections lost: ${lost}; ${ADVICE}`);
  }
}

const ADVICE = "with net.ipv4.tcp_migrate_req=1 there are none (sysctl -w)";

/** The addresses in an answer; undefined if it has none. */
function listenIn(content: string): readonly string[] | undefined {
  try {
    const { listen } = JSON.parse(content);
    return Array.isArray(listen) ? listen.map(String) : undefined;
  } catch {
    return undefined;
  }
}
