/** A server with an admin listener, put together in this process as the program does. */

import type { ReloadResult } from "../../lib/admin/administered.ts";
import type { Resources } from "../../lib/admin/resources.ts";
import type { AdminConfig, Config } from "../../lib/config/config.ts";
import { parseCommand } from "../../lib/config/command.ts";
import type { SocketAddress } from "../../lib/net/address.ts";
import { type Clock, SystemClock } from "../../lib/net/clock.ts";
import { AccessLog } from "../../lib/observe/access_log.ts";
import { RecentErrors } from "../../lib/observe/metrics/recent_errors.ts";
import { AdminPlace } from "../../lib/server/admin_place.ts";
import { Administration } from "../../lib/server/administration.ts";
import { logOptions } from "../../lib/server/log_options.ts";
import { Server } from "../../lib/server/server.ts";
import { Workers } from "../../lib/server/supervisor.ts";
import { type Message, Peer } from "./peer.ts";

/** What may be other than usual. */
export interface AdminOptions {
  readonly workers?: number;
  readonly admin?: Partial<AdminConfig>;
  readonly flags?: readonly string[];
  readonly reload?: () => Promise<ReloadResult>;
  readonly clock?: Clock;
  readonly resources?: Resources;
}

const LOOPBACK: SocketAddress = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 0,
};

/** See the module's comment. */
export class AdministeredSite implements AsyncDisposable {
  readonly administration: Administration;
  readonly place: AdminPlace;
  readonly server: Server | Workers;
  readonly config: Config;
  /** Where clients are accepted; undefined until it has started. */
  address: SocketAddress | undefined;
  readonly #log: AccessLog;
  #hasStopped = false;

  private constructor(
    { workers = 1, admin, flags = [], reload, clock: own, resources }:
      AdminOptions,
  ) {
    const args = ["--listen", "127.0.0.1:0", "--drain-timeout", "1s"];
    args.push("--workers", String(workers), ...flags);
    const command = parseCommand(args, String);
    if (command.kind !== "run") throw new Error("Not a command to run");
    const clock = own ?? new SystemClock();
    const listener = { address: LOOPBACK, token: undefined, hosts: [] };
    this.config = { ...command.config, admin: { ...listener, ...admin } };
    const sink = { write: (b: Uint8Array) => Promise.resolve(b.length) };
    this.#log = new AccessLog(logOptions(this.config.log), sink, clock);
    this.administration = new Administration({
      version: "1.2.3",
      clock,
      errors: new RecentErrors(clock),
      configuration: () => Promise.resolve('{ "is": "masked" }'),
      reload: reload ??
        (() => Promise.resolve({ kind: "reloaded", changes: [] })),
      stop: () => Promise.resolve(),
    });
    this.place = new AdminPlace(this.administration, clock, resources);
    this.server = workers === 1
      ? new Server(this.config, clock, this.#log)
      : new Workers(this.config, clock, sink);
  }

  /** Opens the admin listener, and then the server. */
  static async start(options: AdminOptions = {}): Promise<AdministeredSite> {
    const site = await AdministeredSite.open(options);
    await site.run();
    return site;
  }

  /** Opens the admin listener only. */
  static async open(options: AdminOptions = {}): Promise<AdministeredSite> {
    const site = new AdministeredSite(options);
    (await site.place.prepare(site.config.admin)).commit();
    return site;
  }

  async run(): Promise<void> {
    [this.address] = await this.server.listen();
    this.administration.started(this.server, this.config);
  }

  /** Goes by another admin listener. */
  async change(admin: Partial<AdminConfig> | undefined): Promise<void> {
    const next = admin && { ...this.config.admin!, ...admin };
    (await this.place.prepare(next)).commit();
  }

  async connect(): Promise<Peer> {
    const address = this.place.address!;
    return await Peer.connect(
      address.transport === "unix" ? address.path : address.port,
    );
  }

  /** Sends one request on a connection of its own and reads the response. */
  async ask(request: string): Promise<Message> {
    using peer = await this.connect();
    await peer.send(request);
    return await peer.readMessage(request.startsWith("HEAD"));
  }

  /** Asks for a resource. */
  async get(target: string, ...fields: readonly string[]): Promise<Message> {
    return await this.ask(requestOf("GET", target, fields));
  }

  /** Changes something. */
  async post(
    target: string,
    content = "",
    ...fields: readonly string[]
  ): Promise<Message> {
    const length = `Content-Length: ${
      new TextEncoder().encode(content).length
    }`;
    return await this.ask(
      requestOf("POST", target, [length, ...fields]) + content,
    );
  }

  /** Stops as the program does. */
  async stop(): Promise<void> {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.administration.stopping();
    if (this.address !== undefined) await this.server.stop();
    await this.place.stop();
    await this.#log.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A request to an admin listener; `Host` may be among the fields. */
export function requestOf(
  method: string,
  target: string,
  fields: readonly string[] = [],
): string {
  const hasHost = fields.some((line) => /^host:/i.test(line));
  const lines = hasHost ? fields : ["Host: localhost", ...fields];
  return `${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** Counts how often the configuration is read again: what gets through. */
export function countReloads(): {
  count: number;
  readonly reload: () => Promise<ReloadResult>;
} {
  const counter = {
    count: 0,
    reload: (): Promise<ReloadResult> => {
      counter.count++;
      return Promise.resolve({ kind: "reloaded", changes: [] });
    },
  };
  return counter;
}
