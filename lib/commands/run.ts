/** `sluice`, without another word: listens and serves, from the first signal's readiness to the last one's end. */

import type { ReloadResult } from "../admin/administered.ts";
import type { Config } from "../config/config.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import { formatDuration } from "../config/units.ts";
import {
  formatOriginAddress,
  formatSocketAddress,
  type SocketAddress,
} from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { type Inherited, openInherited } from "../net/inherited.ts";
import { AccessLog } from "../observe/access_log.ts";
import { LogOutput } from "../observe/log_output.ts";
import { logEvent, watchEvents } from "../observe/event_log.ts";
import { RecentErrors } from "../observe/metrics/recent_errors.ts";
import type { Proofs } from "../proxy/phases.ts";
import { VERSION } from "../config/version.ts";
import { Administration } from "../server/administration.ts";
import { Behind, tiersBehind } from "../server/behind.ts";
import { AdminPlace } from "../server/admin_place.ts";
import type { Prepared } from "../server/generations.ts";
import type { Server } from "../server/server.ts";
import type { Workers } from "../server/supervisor.ts";
import { DescriptorLimits } from "./descriptor_limits.ts";
import { EXIT_FAILURE, EXIT_FORCED } from "./exit_code.ts";
import { logOptions } from "../server/log_options.ts";
import { Replacement } from "./replacement.ts";
import { StopOrder } from "./stop_order.ts";
import { type ServiceManager, serviceManager } from "./systemd.ts";
import { onReloadSignal, onReopenSignal, signalsToStop } from "./signals.ts";

/** Between two tries to open the admin listener in the place of another process, in ms. */
const ADMIN_MS = 20;
/** Such tries: the old process has closed its own a moment ago. */
const ADMIN_TRIES = 100;

const FOR_ONE_WORKER =
  "sockets of systemd are for one worker: set workers to 1, or leave the socket unit out";

/** A server that runs, for those who have another configuration for it. */
export interface Running {
  /** Where it listens, with the ports that the system chose at the start. */
  readonly addresses: readonly SocketAddress[];
  /** Where its admin listener is; undefined if there is none. */
  readonly admin: SocketAddress | undefined;
  /** Goes by another configuration; rejects if it cannot, and has changed nothing then. */
  replace(config: Config): Promise<void>;
  /** The configuration has been read again, and could be used or not. */
  noteReload(isGood: boolean): void;
  /** Shows these proofs, and no others, to ACME servers that ask for them. */
  showProofs(proofs: Proofs): Promise<void>;
}

/** Where the configuration comes from, and may come from again while the server runs. */
export interface ConfigSource {
  /** What is in force. */
  readonly resolved: ResolvedConfig;
  /** Whether it always stays the same. */
  readonly isFixed: boolean;
  /** The server runs. */
  started(server: Running): void;
  /** Reads the configuration again, and goes by it if it can. */
  reload(): Promise<ReloadResult>;
  /** The server stops. */
  stopped(): void;
}

const FLAGS_ONLY = "there is nothing to reload; all configuration is flags";

/** The configuration of flags: there is nothing to read again. */
export function flagsSource(resolved: ResolvedConfig): ConfigSource {
  return {
    resolved,
    isFixed: true,
    started(): void {},
    reload(): Promise<ReloadResult> {
      return Promise.resolve({ kind: "refused", errors: [FLAGS_ONLY] });
    },
    stopped(): void {},
  };
}

/** What serves clients, and where. */
interface Serving {
  readonly behind: Behind;
  readonly server: Server | Workers;
  readonly addresses: readonly SocketAddress[];
  /** The same as text. */
  readonly names: string;
}

/** What a program has besides. */
interface ProgramParts {
  readonly clock: Clock;
  readonly output: LogOutput;
  readonly log: AccessLog;
  readonly admin: AdminPlace;
}

/**
 * Runs until it is told to stop.
 *
 * @param replaces The admin listener of a running sluice that this one takes the place of.
 * @returns The exit code.
 */
export async function run(
  requested: Config,
  clock: Clock,
  source: ConfigSource,
  replaces?: SocketAddress,
): Promise<number> {
  // Before anything listens: in the first process of a container, signals have no default action.
  const [first, second] = signalsToStop();
  const output = new LogOutput(Deno.stdout, clock);
  onReopenSignal(() => reopen(output));
  const manager = serviceManager(clock);
  const reload = reloadOf(source, manager);
  onReloadSignal(() => {
    output.reopen();
    if (source.isFixed) logEvent("info", `SIGHUP: ${FLAGS_ONLY}`);
    else reload();
  });
  const limits = new DescriptorLimits();
  const config = limits.fit(withWorkers(requested));
  const log = new AccessLog(logOptions(config.log), output, clock);
  const order = new StopOrder();
  const administration = new Administration({
    version: VERSION,
    clock,
    errors: watchedErrors(clock),
    configuration: () => printed(source),
    reload,
    stop: (handsOver) => order.give(handsOver),
  });
  const admin = new AdminPlace(administration, clock);
  const parts = { clock, output, log, admin };
  let serving: Serving;
  try {
    serving = await serve(config, parts, replaces);
  } catch (error) {
    logEvent("error", (error as Error).message);
    await admin.stop();
    await manager.close();
    return EXIT_FAILURE;
  }
  const { server, behind, addresses, names } = serving;
  manager.ready(`serving on ${names}`);
  administration.started(server, config, behind);
  source.started({
    addresses,
    admin: admin.address,
    replace: async (next) => {
      const fitting = limits.fit(next);
      await replace(server, output, admin, fitting);
      administration.goesBy(fitting);
      behind.change(fitting);
    },
    noteReload: (isGood) => server.metrics?.noteReload(isGood),
    showProofs: async (proofs) => void await server.ask("proofs", proofs),
  });
  const isReplaced = await Promise.race([first, order.given]) ?? false;
  administration.stopping();
  source.stopped();
  logEvent("info", stoppingText(config));
  manager.stopping(stoppingText(config));
  const stopped = stop(serving, admin, isReplaced, order);
  const code = await Promise.race([stopped, second.then(() => EXIT_FORCED)]);
  await log.close();
  await output.close();
  await manager.close();
  return code;
}

/** Reads the configuration again, and tells the manager so. */
function reloadOf(
  source: ConfigSource,
  manager: ServiceManager,
): () => Promise<ReloadResult> {
  return async () => {
    manager.reloading();
    const result = await source.reload();
    manager.ready(result.kind === "reloaded" ? "reloaded" : "not reloaded");
    return result;
  };
}

/**
 * Listens and serves, perhaps in the place of another process.
 *
 * @throws {Error} A line for the operator; nothing listens then.
 */
async function serve(
  config: Config,
  { clock, output, log, admin }: ProgramParts,
  replaces: SocketAddress | undefined,
): Promise<Serving> {
  const old = replaces && await Replacement.of(replaces, config, clock);
  const beside = old?.beside(config) ?? config;
  const isHeld = old?.holds(config) ?? false;
  if (!isHeld) (await admin.prepare(config.admin)).commit();
  const inherited = await openInherited();
  if (inherited.size > 0 && config.workers > 1) throw new Error(FOR_ONE_WORKER);
  const behind = await Behind.open(config, old !== undefined);
  const { server, listen } = config.workers === 1
    ? await alone(beside, clock, log, behind)
    : await severalWorkers(beside, clock, output, behind);
  (await output.prepare(config.log.file)).commit();
  const addresses = await listen(inherited);
  closeRest(inherited);
  await behind.follow(server, clock);
  const names = tellAddresses(config, addresses);
  if (old !== undefined) await takeOver(old, server);
  if (isHeld) await openAdmin(admin, config, clock);
  return { server, behind, addresses, names };
}

/** What will serve; only what it takes is loaded. */
interface Startable {
  readonly server: Server | Workers;
  /** @throws {Error} As {@linkcode serve}. */
  listen(inherited: Inherited): Promise<SocketAddress[]>;
}

/** The only worker, in this thread. */
async function alone(
  config: Config,
  clock: Clock,
  log: AccessLog,
  behind: Behind,
): Promise<Startable> {
  const { Server } = await import("../server/server.ts");
  const tiers = await tiersBehind(behind.link(), clock);
  const server = new Server(
    config,
    clock,
    log,
    undefined,
    undefined,
    undefined,
    tiers,
  );
  return { server, listen: (inherited) => server.listen(inherited) };
}

/** Workers in threads of their own. */
async function severalWorkers(
  config: Config,
  clock: Clock,
  output: LogOutput,
  behind: Behind,
): Promise<Startable> {
  const { Workers } = await import("../server/supervisor.ts");
  const server = new Workers(config, clock, output, undefined, behind);
  return { server, listen: () => server.listen() };
}

/** Closes sockets that were handed over for nothing. */
function closeRest(inherited: Inherited): void {
  for (const [name, listener] of inherited) {
    logEvent(
      "warn",
      `systemd has handed over ${name}, on which nothing is to listen`,
    );
    listener.close();
  }
}

/** Stops; when another process takes over, the admin listener closes with the others. */
async function stop(
  { server, behind }: Serving,
  admin: AdminPlace,
  isReplaced: boolean,
  order: StopOrder,
): Promise<number> {
  await server.stop(isReplaced, () => {
    if (isReplaced) admin.stop();
    order.done();
  });
  await behind.close();
  await admin.stop();
  return 0;
}

/** Has the old process stop; if it does not, this one does. */
async function takeOver(
  old: Replacement,
  server: Server | Workers,
): Promise<void> {
  try {
    await old.finish();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Opens the admin listener as soon as the old process has closed its own. Clients are
 * served already, and come first: that it cannot be opened is told, and no more.
 */
async function openAdmin(
  admin: AdminPlace,
  config: Config,
  clock: Clock,
): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return (await admin.prepare(config.admin)).commit();
    } catch (error) {
      if (tries < ADMIN_TRIES) {
        await new Promise<void>((resolve) => clock.after(ADMIN_MS, resolve));
      } else return logEvent("error", (error as Error).message);
    }
  }
}

function reopen(output: LogOutput): void {
  if (output.isFile) output.reopen();
  else logEvent("info", "SIGUSR2: ignored; the log is not a file");
}

/** What goes wrong from now on, for those who look at it. */
function watchedErrors(clock: Clock): RecentErrors {
  const errors = new RecentErrors(clock);
  watchEvents(errors.note);
  return errors;
}

/** Goes by another configuration, its log and its admin listener included, or stays as it was. */
async function replace(
  server: Pick<Running, "replace">,
  output: LogOutput,
  admin: AdminPlace,
  config: Config,
): Promise<void> {
  const place = await output.prepare(config.log.file);
  let listener: Prepared | undefined;
  try {
    listener = await admin.prepare(config.admin);
    await server.replace(config);
  } catch (error) {
    place.discard();
    listener?.discard();
    throw error;
  }
  place.commit();
  listener.commit();
}

/** The configuration in force, for the eyes of an operator. */
async function printed({ resolved }: ConfigSource): Promise<string> {
  const { printedConfig } = await import("../config/print.ts");
  return printedConfig(resolved);
}

/** @returns The addresses, as a line has them. */
function tellAddresses(
  { listen, upstreams }: Config,
  addresses: readonly SocketAddress[],
): string {
  const names = addresses.map((address, at) =>
    formatSocketAddress(address) +
    (listen[at]?.secure === true ? " (https)" : "")
  ).join(", ");
  const origins = upstreams.flatMap(({ servers }) =>
    servers.map(({ address }) => formatOriginAddress(address))
  );
  const upstream = origins.length === 0
    ? ""
    : `, upstream ${origins.join(", ")}`;
  logEvent("info", `listening on ${names}${upstream}`);
  return names;
}

function stoppingText({ drainMs }: Config): string {
  return drainMs === 0
    ? "stopping: in-flight requests may finish, without a time limit"
    : `stopping: in-flight requests get up to ${
      formatDuration(drainMs)
    } to finish`;
}

/** Only Linux distributes the connections to one port among several listeners. */
function withWorkers(config: Config): Config {
  if (config.workers === 1 || Deno.build.os === "linux") return config;
  logEvent("warn", "running one worker: several workers need Linux");
  return { ...config, workers: 1 };
}
