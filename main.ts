/** The program: from the command line to a running server, and to its end. */

import denoConfig from "./deno.json" with { type: "json" };
import {
  type Command,
  parseCommand,
  UsageError,
} from "./lib/config/command.ts";
import type { Config } from "./lib/config/config.ts";
import { descriptorsOf, fitDescriptors } from "./lib/config/descriptors.ts";
import { helpText } from "./lib/config/help.ts";
import { formatDuration } from "./lib/config/units.ts";
import { versionText } from "./lib/config/version.ts";
import {
  formatOriginAddress,
  formatSocketAddress,
  parseOriginAddress,
  reachable,
  type SocketAddress,
} from "./lib/net/address.ts";
import { SystemClock } from "./lib/net/clock.ts";
import { countFreeDescriptors } from "./lib/net/descriptors.ts";
import { AccessLog } from "./lib/observe/access_log.ts";
import { flushEvents, logEvent } from "./lib/observe/event_log.ts";
import { checkHealth } from "./lib/observe/health.ts";
import { Server } from "./lib/server/server.ts";
import { Workers } from "./lib/server/supervisor.ts";

/** Less than a container runtime or a load balancer usually waits for a health check. */
const HEALTH_TIMEOUT_MS = 2000;

/** The most free descriptors that are counted at the start, in 2 ms. If more run out later, clients make room. */
const DESCRIPTORS_PROBED_MAX = 256;

const clock = new SystemClock();

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const EXIT_FORCED = 3;

async function main(): Promise<number> {
  try {
    const command = readCommand();
    switch (command.kind) {
      case "help":
        return print(helpText());
      case "version":
        return print(versionText(denoConfig.version));
      case "check":
        return print("sluice: configuration OK");
      case "health":
        return await askHealth(command.config);
      case "run":
        return await run(command.config);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    logEvent("error", error.message);
    return EXIT_USAGE;
  }
}

function readCommand(): Command {
  return parseCommand(Deno.args, (path) => Deno.readTextFileSync(path));
}

function print(text: string): number {
  // deno-lint-ignore no-console -- the user asked for this text
  console.log(text);
  return 0;
}

async function askHealth({ listen }: Config): Promise<number> {
  for (const address of listen) {
    const name = formatSocketAddress(address);
    try {
      await checkHealth(address, HEALTH_TIMEOUT_MS, clock);
    } catch (error) {
      logEvent("error", `${name}: ${(error as Error).message}`);
      return EXIT_FAILURE;
    }
    print(`sluice: ${name} answers`);
  }
  return 0;
}

async function run(wished: Config): Promise<number> {
  // Before anything listens: in the first process of a container, signals have no default action.
  const [first, second] = signalsToStop();
  outliveOtherSignals();
  const config = withDescriptors(
    withWorkers(wished.demo ? await withDemoOrigin(wished) : wished),
  );
  const log = new AccessLog(config.logFormat, Deno.stdout, clock);
  const server = config.workers === 1
    ? new Server(config, clock, log)
    : new Workers(config, clock, Deno.stdout);
  try {
    tellAddresses(config, await server.listen());
  } catch (error) {
    logEvent("error", (error as Error).message);
    return EXIT_FAILURE;
  }
  await first;
  logEvent("info", stoppingText(config));
  const forced = second.then(() => EXIT_FORCED);
  const code = await Promise.race([server.stop().then(() => 0), forced]);
  await log.close();
  return code;
}

function tellAddresses(
  { demo, upstreams }: Config,
  addresses: readonly SocketAddress[],
): void {
  const names = addresses.map(formatSocketAddress);
  const origins = upstreams.map(({ origin }) => formatOriginAddress(origin));
  logEvent(
    "info",
    `listening on ${names.join(", ")}, upstream ${origins.join(", ")}`,
  );
  const address = addresses.find(({ transport }) => transport === "tcp");
  if (demo && address !== undefined) {
    const name = formatSocketAddress(reachable(address));
    logEvent("info", `the demo: http://${name}/`);
  }
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

/** Lowers the limits if there are few descriptors, so that clients leave some for the origin. */
function withDescriptors(config: Config): Config {
  const max = Math.min(descriptorsOf(config), DESCRIPTORS_PROBED_MAX);
  const free = countFreeDescriptors(max);
  if (free === undefined || free >= max) return config;
  const fitting = fitDescriptors(config, free);
  const { workers, connectionsMax, upstreams: [upstream] } = fitting;
  const { pool } = upstream!;
  logEvent(
    "warn",
    `only ${free} descriptors are free: limits are lowered to ${workers} ` +
      `worker(s), ${connectionsMax} client connections, ${pool.connectionsMax} ` +
      `origin connections and ${pool.tunnelsMax} tunnels; raise ulimit -n or LimitNOFILE=`,
  );
  return fitting;
}

/** Starts the sample origin, in place of the one that the flags name. */
async function withDemoOrigin(config: Config): Promise<Config> {
  const { startDemoOrigin } = await import("./lib/demo/origin.ts");
  const origin = parseOriginAddress(startDemoOrigin(clock).url);
  const { upstreams, hosts } = config;
  return {
    ...config,
    upstreams: upstreams.map((upstream) => ({ ...upstream, origin })),
    hosts: hosts.map((host) => ({
      ...host,
      routes: host.routes.map((route) => ({
        ...route,
        options: { ...route.options, origin },
      })),
    })),
  };
}

/** Ignores signals that other servers handle and whose default action is to kill. */
function outliveOtherSignals(): void {
  if (Deno.build.os === "windows") return; // there, SIGHUP says that the console closes
  Deno.addSignalListener("SIGHUP", () =>
    logEvent(
      "info",
      "SIGHUP: there is nothing to reload; all configuration is flags",
    ));
  Deno.addSignalListener("SIGUSR2", () => logEvent("info", "SIGUSR2: ignored"));
}

/**
 * Resolve at the first and at the second SIGTERM, SIGINT or SIGQUIT. The listeners stay:
 * without one, even for a moment, a signal would kill.
 */
function signalsToStop(): [first: Promise<void>, second: Promise<void>] {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let count = 0;
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGTERM", "SIGINT", "SIGQUIT"];
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      (count++ === 0 ? first : second).resolve();
    });
  }
  return [first.promise, second.promise];
}

const code = await main();
await flushEvents(clock);
Deno.exit(code);
