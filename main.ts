/** The program: from the command line to what it asks for, and to the exit code. */

import { EXIT_USAGE } from "./lib/commands/exit_code.ts";
import { askHealth } from "./lib/commands/health.ts";
import {
  type Command,
  type DemoCommand,
  type DescribingCommand,
  type FileCommand,
  parseCommand,
  type RunCommand,
} from "./lib/config/command.ts";
import type { AdminCommand } from "./lib/config/admin_command.ts";
import type { ExplainCommand } from "./lib/config/explain_command.ts";
import type { Shell } from "./lib/config/completions.ts";
import type { InitCommand } from "./lib/config/init_command.ts";
import type { RouteCommand } from "./lib/config/route_command.ts";
import { usageHint } from "./lib/config/pages.ts";
import type { TopCommand } from "./lib/config/top_command.ts";
import { UsageError } from "./lib/config/usage_error.ts";
import type { ResolvedConfig } from "./lib/config/resolved.ts";
import type { ConfigDisk } from "./lib/disk/config_disk.ts";
import { helpText } from "./lib/config/help.ts";
import { VERSION, versionText } from "./lib/config/version.ts";
import { SystemClock } from "./lib/net/clock.ts";
import { leadsToJournal } from "./lib/commands/journal.ts";
import {
  flushEvents,
  logEvent,
  writePriorities,
} from "./lib/observe/event_log.ts";

const clock = new SystemClock();

async function main(): Promise<number> {
  try {
    const command = readCommand();
    switch (command.kind) {
      case "help":
        return print(helpText());
      case "version":
        return print(versionText(VERSION));
      case "schema":
      case "types":
      case "print-config":
        return await describe(command);
      case "topic":
        return await explainTopic(command.topic);
      case "completions":
        return await complete(command.shell);
      case "init":
        return await initialize(command);
      case "check":
        return print("sluice: configuration OK");
      case "health":
        return await askHealth(command.config.listen, clock, print);
      case "run":
        return await followFlags(command);
      case "file":
        return await followFile(command);
      case "demo":
        return await demonstrate(command);
      case "route":
        return await askRoute(command);
      case "explain":
        return await explain(command);
      case "top":
        return await watch(command);
      case "admin":
        return await administer(command);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    logEvent("error", error.message);
    const hint = usageHint(Deno.args, error.message);
    if (hint !== undefined) logEvent("info", hint);
    return EXIT_USAGE;
  }
}

function readCommand(): Command {
  return parseCommand(Deno.args, (path) => Deno.readTextFileSync(path));
}

/** Prints what a configuration may be, or what that of flags is. */
async function describe(command: DescribingCommand): Promise<number> {
  const { schemaText, typesText } = await import(
    "./lib/commands/config_file.ts"
  );
  const { printedConfig } = await import("./lib/config/print.ts");
  switch (command.kind) {
    case "schema":
      return print(await schemaText());
    case "types":
      return print((await typesText()).trimEnd());
    case "print-config":
      return print(printedConfig(command.resolved));
  }
}

/** Prints what the documentation says of a topic. */
async function explainTopic(topic: string): Promise<number> {
  const { topicText } = await import("./lib/commands/help_topic.ts");
  return print(await topicText(topic));
}

/** Prints what a shell needs to complete command lines. */
async function complete(shell: Shell): Promise<number> {
  const { completionsText } = await import("./lib/config/completions.ts");
  return print(completionsText(shell));
}

/** Writes a configuration to start with. */
async function initialize(command: InitCommand): Promise<number> {
  const { initialize, terminal } = await import("./lib/commands/init.ts");
  return await initialize(command, terminal(), print);
}

/** Tells which route takes a request. */
async function askRoute(command: RouteCommand): Promise<number> {
  const { tellRoute } = await import("./lib/commands/route.ts");
  const { ConfigDisk } = await import("./lib/disk/config_disk.ts");
  return await tellRoute(command, new ConfigDisk(clock), print, complain);
}

/** Says what becomes of a request, and why. */
async function explain(command: ExplainCommand): Promise<number> {
  const { explainRequest } = await import("./lib/commands/explain.ts");
  const { ConfigDisk } = await import("./lib/disk/config_disk.ts");
  const disk = new ConfigDisk(clock);
  return await explainRequest(command, { disk, clock, print, complain });
}

/** Shows what the sluice that runs does, second by second. */
async function watch(command: TopCommand): Promise<number> {
  const { top } = await import("./lib/commands/top.ts");
  const { ConfigDisk } = await import("./lib/disk/config_disk.ts");
  const disk = new ConfigDisk(clock);
  return await top(command, { disk, clock, print, complain });
}

/** Asks the sluice that runs. */
async function administer(command: AdminCommand): Promise<number> {
  const admin = await import("./lib/commands/admin.ts");
  const { ConfigDisk } = await import("./lib/disk/config_disk.ts");
  const disk = new ConfigDisk(clock);
  return await admin.administer(command, { disk, clock, print, complain });
}

/** Serves as flags say. Other commands do without what that takes. */
async function followFlags(command: RunCommand): Promise<number> {
  const { flagsSource, run } = await import("./lib/commands/run.ts");
  const source = flagsSource(command.resolved);
  return await run(command.config, clock, source, command.replaces);
}

/** Does what a command says with a configuration file. What that takes is loaded only here. */
async function followFile(command: FileCommand): Promise<number> {
  const { configOf } = await import("./lib/commands/config_file.ts");
  const { ConfigDisk } = await import("./lib/disk/config_disk.ts");
  const { printedConfig } = await import("./lib/config/print.ts");
  const disk = new ConfigDisk(clock);
  if (command.action === "run") {
    const { runFile } = await import("./lib/commands/run_file.ts");
    return await runFile(command, disk, clock, complain);
  }
  const config = await configOf(command, disk, complain);
  if (config === undefined) return EXIT_USAGE;
  switch (command.action) {
    case "print-config":
      return print(printedConfig(config));
    case "permissions":
      return await printPermissions(config, disk);
    case "check": {
      const { Certificates } = await import("./lib/commands/certificates.ts");
      const { problems } = await new Certificates(disk, clock).read(config);
      problems.forEach(complain);
      if (problems.length > 0) return EXIT_USAGE;
      return print("sluice: configuration OK");
    }
    case "health":
      return await askHealth(
        config.listen.map(({ address, secure, proxyProtocol }) => ({
          ...address,
          secure,
          proxyProtocol,
        })),
        clock,
        print,
      );
  }
}

/** Runs the demo. It runs by a file, so that what a file takes is loaded only here, too. */
async function demonstrate(command: DemoCommand): Promise<number> {
  const { runDemo } = await import("./lib/commands/run_demo.ts");
  const { ConfigDisk } = await import("./lib/disk/config_disk.ts");
  return await runDemo(command, new ConfigDisk(clock), clock, complain);
}

/** Prints what a run from source by this configuration must be allowed. */
async function printPermissions(
  config: ResolvedConfig,
  { variables }: ConfigDisk,
): Promise<number> {
  const { permissionsOf, permissionsText } = await import(
    "./lib/config/permissions.ts"
  );
  const source = fromFileUrl(new URL(".", import.meta.url));
  const place = { source, folder: Deno.cwd(), variables: [...variables] };
  return print(permissionsText(permissionsOf(config, place)));
}

function fromFileUrl(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/\/$/, "");
}

/** Says a line on standard error: what is wrong with a configuration file, where editors and terminals can follow it, or what the demo has to show. */
function complain(line: string): void {
  // deno-lint-ignore no-console -- it is for the user who started this
  console.error(line);
}

function print(text: string): number {
  // deno-lint-ignore no-console -- the user asked for this text
  console.log(text);
  return 0;
}

if (leadsToJournal()) writePriorities();
const code = await main();
await flushEvents(clock);
Deno.exit(code);
