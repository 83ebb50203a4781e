/**
 * The proxy under test: in this process by default, or the program that
 * `SLUICE_BIN` names, with the same command line and the same behaviour.
 * `SLUICE_FLAGS` are flags that every proxy gets, such as `--workers 2`. With
 * `SLUICE_TLS=1`, clients speak TLS to a proxy in this process.
 */

import { parseCommand } from "../../lib/config/command.ts";
import type { Config, RouteEntry } from "../../lib/config/config.ts";
import type { Explanation } from "../../lib/explain/explanation.ts";
import {
  readQuestion,
  type WrittenQuestion,
} from "../../lib/explain/question.ts";
import type { PurgeOrder } from "../../lib/handlers/cache/purge_order.ts";
import { formatSocketAddress } from "../../lib/net/address.ts";
import type { Tier } from "../../lib/cache/store/tiers/tier.ts";
import { type Clock, SystemClock } from "../../lib/net/clock.ts";
import { AccessLog } from "../../lib/observe/access_log.ts";
import { NO_NAMES } from "../../lib/observe/metrics/meter_names.ts";
import { readTotals } from "../../lib/observe/metrics/totals.ts";
import type { Proofs } from "../../lib/proxy/phases.ts";
import type { IncidentSink } from "../../lib/observe/incidents.ts";
import { logOptions } from "../../lib/server/log_options.ts";
import { Server, type SharedPlace } from "../../lib/server/server.ts";
import { Workers } from "../../lib/server/supervisor.ts";
import { AUTHORITY_PEM, CERTIFICATE_PEM, KEY_PEM } from "./certificate.ts";
import { logClock, pause, type TestClock } from "./clock.ts";
import { LineQueue } from "./line_queue.ts";
import type { Origin } from "./origin.ts";
import { Peer } from "./peer.ts";

/** Until requests have come to a program, in ms: nothing tells when they have. */
const ARRIVAL_MS = 300;
/** From when the heads of requests are there until they wait for another's response. */
const SETTLED_MS = 10;

type Upstream = string | { readonly url: string };

let isAboutPlainHttp = false;

/**
 * Has the clients of this file of tests speak plain HTTP, whatever `SLUICE_TLS` says.
 *
 * @param _why What makes it a file about plain HTTP.
 */
export function speakPlainHttp(_why: string): void {
  isAboutPlainHttp = true;
}

/** Whether clients speak TLS. */
export function speaksTls(): boolean {
  return !isAboutPlainHttp && Deno.env.get("SLUICE_TLS") !== undefined;
}

/** The configuration with TLS where there was none, if that is what is tested. */
function withTls(config: Config): Config {
  return speaksTls() && config.tls === undefined ? secured(config) : config;
}

/** The configuration with TLS in place of plain TCP. */
export function secured(config: Config): Config {
  return {
    ...config,
    listen: config.listen.map((at) => ({
      ...at,
      secure: at.transport === "tcp",
    })),
    tls: {
      certificates: [
        { cert: CERTIFICATE_PEM, key: KEY_PEM, source: "test.pem" },
      ],
      unknown: "default",
      needsTls13: false,
    },
  };
}

/** A running proxy. */
export class Proxy implements AsyncDisposable {
  readonly #address: string;
  readonly #stop: () => Promise<void>;
  readonly #log: LineQueue;
  readonly #server: Server | Workers | undefined;

  private constructor(
    address: string,
    log: LineQueue,
    stop: () => Promise<void>,
    server?: Server | Workers,
  ) {
    this.#server = server;
    this.#address = address;
    this.#log = log;
    this.#stop = stop;
  }

  /**
   * Starts a proxy with these flags; it listens on a port of its own choice unless
   * they say otherwise.
   */
  static async start(
    upstream: Upstream,
    ...flags: readonly string[]
  ): Promise<Proxy> {
    return await Proxy.#start(undefined, upstream, flags);
  }

  /** As `start`, with the time of `clock`, if the proxy runs in this thread; else the clock takes the system's. */
  static async startAt(
    clock: TestClock,
    upstream: Upstream,
    ...flags: readonly string[]
  ): Promise<Proxy> {
    return await Proxy.#start(clock, upstream, flags);
  }

  /**
   * Starts a proxy in this thread, with one worker, whose store has tiers behind it and
   * whose incidents go to `incidents`.
   *
   * @param place Whether its store is the one that workers share.
   */
  static async startBefore(
    tiers: readonly Tier[],
    { clock, incidents, place, change }: {
      readonly clock: TestClock;
      readonly incidents: IncidentSink;
      readonly place: SharedPlace | undefined;
      readonly change?: (config: Config) => Config;
    },
    upstream: Origin,
    ...flags: readonly string[]
  ): Promise<Proxy> {
    const args = ["--upstream", upstream.url, "--listen", "127.0.0.1:0"];
    args.push("--drain-timeout", "100ms", ...flags);
    const make = (config: Config, clock: Clock, log: AccessLog): Server =>
      new Server(config, clock, log, place, incidents, undefined, tiers);
    return await Proxy.#startHere(args, clock, make, change);
  }

  /** As `start`, in this process, with a change that no flags can make. */
  static async startWith(
    change: (config: Config) => Config,
    upstream: Upstream,
    ...flags: readonly string[]
  ): Promise<Proxy> {
    return await Proxy.#startHere(
      argumentsFor(upstream, flags),
      undefined,
      undefined,
      change,
    );
  }

  /** As `startWith`, with the time of `clock`. */
  static async startAtWith(
    clock: TestClock,
    change: (config: Config) => Config,
    upstream: Upstream,
    ...flags: readonly string[]
  ): Promise<Proxy> {
    return await Proxy.#startHere(
      argumentsFor(upstream, flags),
      clock,
      undefined,
      change,
    );
  }

  static async #start(
    clock: TestClock | undefined,
    upstream: Upstream,
    flags: readonly string[],
  ): Promise<Proxy> {
    const more = Deno.env.get("SLUICE_FLAGS")?.split(" ") ?? [];
    const args = argumentsFor(upstream, [...more, ...flags]);
    const program = Deno.env.get("SLUICE_BIN");
    if (program === undefined) return await Proxy.#startHere(args, clock);
    clock?.becomeSystems();
    return await Proxy.#startProgram(program, args);
  }

  static async #startHere(
    args: readonly string[],
    testClock: TestClock | undefined,
    make = (config: Config, clock: Clock, log: AccessLog): Server =>
      new Server(config, clock, log),
    change: (config: Config) => Config = withTls,
  ): Promise<Proxy> {
    const command = parseCommand(args, (path) => Deno.readTextFileSync(path));
    if (command.kind !== "run") throw new Error("Not a command to run");
    const lines = new LineQueue();
    const sink = {
      write(bytes: Uint8Array): Promise<number> {
        lines.push(bytes);
        return Promise.resolve(bytes.length);
      },
    };
    const config = change(command.config);
    if (config.workers !== 1) testClock?.becomeSystems();
    const clock = testClock?.stands ? testClock : new SystemClock();
    const log = new AccessLog(
      logOptions(config.log),
      sink,
      logClock(testClock ?? clock),
    );
    const server = config.workers === 1
      ? make(config, clock, log)
      : new Workers(config, clock, sink);
    const [address] = await server.listen();
    return new Proxy(formatSocketAddress(address!), lines, async () => {
      using _ = testClock?.run(); // the drain timeout passes
      await server.stop();
      await log.close();
    }, server);
  }

  /**
   * Goes by other flags from now on, as after a reload; rejects if it cannot. Only a
   * proxy of this process can.
   */
  async replace(
    upstream: Upstream,
    ...flags: readonly string[]
  ): Promise<void> {
    const url = typeof upstream === "string" ? upstream : upstream.url;
    const args = ["--upstream", url, ...flags];
    if (!flags.includes("--listen")) args.push("--listen", "127.0.0.1:0");
    const command = parseCommand(args, (path) => Deno.readTextFileSync(path));
    if (command.kind !== "run") throw new Error("Not a command to run");
    await this.#server!.replace(withTls(command.config));
  }

  /** Takes stored responses out, or marks them stale; how many. Only a proxy of this process can be asked. */
  async purge(order: PurgeOrder): Promise<number> {
    return await this.#server!.ask("purge", order);
  }

  /** What becomes of a request, and why. Only a proxy of this process can be asked. */
  async explain(question: WrittenQuestion): Promise<Explanation> {
    return await this.#server!.ask("explain", readQuestion(question));
  }

  /** The same with one route that has more than flags can say. */
  async replaceRoute(
    upstream: Upstream,
    more: Partial<RouteEntry>,
  ): Promise<void> {
    const url = typeof upstream === "string" ? upstream : upstream.url;
    const args = ["--upstream", url, "--listen", "127.0.0.1:0"];
    const command = parseCommand(args, String);
    if (command.kind !== "run") throw new Error("Not a command to run");
    const { config } = command;
    const [route] = config.hosts[0]!.routes;
    await this.#server!.replace(withTls({
      ...config,
      hosts: [{ names: ["*"], routes: [{ ...route!, ...more }] }],
    }));
  }

  /** The same with a change that no flags can make. */
  async replaceWith(change: (config: Config) => Config): Promise<void> {
    const command = parseCommand(["--listen", "127.0.0.1:0"], String);
    if (command.kind !== "run") throw new Error("Not a command to run");
    await this.#server!.replace(withTls(change(command.config)));
  }

  static async #startProgram(
    program: string,
    args: readonly string[],
  ): Promise<Proxy> {
    const child = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const lines = new LineQueue();
    const events = new LineQueue();
    const pumps = [
      pipe(child.stdout, lines),
      pipe(child.stderr, events),
    ];
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      await Promise.all([child.status, ...pumps]);
    };
    const said: string[] = [];
    const end = Promise.all(pumps).then(() => undefined);
    for (;;) {
      const line = await Promise.race([events.next(), end]);
      if (line === undefined) throw new Error(`It ended: ${said.join("\n")}`);
      said.push(line);
      const match = /listening on ([^ ,]+)/.exec(line);
      if (match !== null) return new Proxy(match[1]!, lines, stop);
    }
  }

  /** Shows proofs to ACME servers, as if it had certificates to order. */
  async showProofs(proofs: Proofs): Promise<void> {
    await this.#server!.ask("proofs", proofs);
  }

  /**
   * Resolves once it has so many requests that have not been answered, however long they
   * take to arrive. A program that is tested cannot be looked into: they get a moment.
   */
  async hasUnderWay(count: number): Promise<void> {
    const metrics = this.#server?.metrics;
    if (metrics === undefined) return await pause(ARRIVAL_MS);
    while (readTotals(metrics.memory, NO_NAMES).inFlight < count) {
      await pause(1);
    }
    await pause(SETTLED_MS);
  }

  /** The port it listens on. */
  get port(): number {
    return Number(this.#address.slice(this.#address.lastIndexOf(":") + 1));
  }

  /** The URL of its root. */
  get url(): string {
    return `${speaksTls() ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  /** Opens a client connection. */
  async connect(): Promise<Peer> {
    return this.#address.startsWith("unix:")
      ? await Peer.connect(this.#address.slice(5))
      : await connectTo(this.port);
  }

  /** The next line of the access log. */
  async nextLogLine(): Promise<string> {
    return await this.#log.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}

/** A command line; it listens on a port of its own choice unless the flags say otherwise. */
function argumentsFor(
  upstream: Upstream,
  flags: readonly string[],
): readonly string[] {
  const url = typeof upstream === "string" ? upstream : upstream.url;
  const args = ["--upstream", url, "--drain-timeout", "100ms", ...flags];
  const listens = flags.includes("--listen");
  return listens ? args : [...args, "--listen", "127.0.0.1:0"];
}

async function pipe(
  stream: ReadableStream<Uint8Array>,
  queue: LineQueue,
): Promise<void> {
  for await (const bytes of stream) queue.push(bytes);
}

/** Opens a client connection to a port of a proxy in this process. */
export async function connectTo(port: number): Promise<Peer> {
  if (!speaksTls()) return await Peer.connect(port);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true); // what follows the handshake must not wait for its acknowledgement
  const socket = await Deno.startTls(conn, {
    hostname: "127.0.0.1", // so that no name is asked for, and any host may be
    caCerts: [AUTHORITY_PEM],
    alpnProtocols: ["http/1.1"],
  });
  // It is open before another one is opened; if it is refused, whoever reads sees that.
  await socket.handshake().catch(() => {});
  return new Peer(socket);
}

/** Sends one request on a connection of its own and reads the response. */
export async function exchange(
  proxy: Proxy,
  request: string | Uint8Array,
  isHead = false,
): ReturnType<Peer["readMessage"]> {
  using client = await proxy.connect();
  await client.send(request);
  return await client.readMessage(isHead);
}

/** A GET request of HTTP/1.1. */
export function get(target: string, ...fields: readonly string[]): string {
  return ["GET " + target + " HTTP/1.1", "Host: sluice.test", ...fields].join(
    "\r\n",
  ) + "\r\n\r\n";
}
