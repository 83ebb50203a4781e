/** `sluice top`: the live page for a terminal. */

import type { LiveUpdate } from "../admin/live_source.ts";
import type { TopCommand } from "../config/top_command.ts";
import type { Clock } from "../net/clock.ts";
import { type CommandPlace, findAdmin } from "./admin.ts";
import type { AdminAddress } from "./admin_client.ts";
import { adminEvents } from "./admin_events.ts";
import { EXIT_FAILURE } from "./exit_code.ts";
import { signalsToStop } from "./signals.ts";
import { Terminal } from "./terminal.ts";
import { screenLines } from "./top_screen.ts";

/** Between two tries to connect again, in ms. */
const RETRY_MS = 2000;
/** What is told once must cover some time, in s. */
const ONCE_SECONDS_MIN = 1;

/**
 * Shows what the running sluice does until somebody leaves; once, if nobody watches.
 *
 * @returns The exit code.
 * @throws {UsageError} if there is no telling where the running sluice is.
 */
export async function top(
  { target, isOnce }: TopCommand,
  place: CommandPlace,
): Promise<number> {
  const admin = await findAdmin(target, place);
  try {
    if (isOnce || !Deno.stdout.isTerminal()) await tellOnce(admin, place);
    else await watch(admin, place.clock);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    place.complain(`sluice: error: ${error.message}`);
    return EXIT_FAILURE;
  }
}

/** @throws {Error} A line for the operator. */
async function tellOnce(
  admin: AdminAddress,
  { clock, print }: CommandPlace,
): Promise<void> {
  const end = new AbortController();
  for await (const update of updates(admin, clock, end.signal)) {
    if (update.view.recent.seconds < ONCE_SECONDS_MIN) continue;
    const lines = screenLines(update, {
      columns: Infinity,
      rows: Infinity,
      hasColour: false,
      counts: "total",
      hint: "",
    });
    print(lines.join("\n"));
    return end.abort();
  }
  throw new Error("sluice stopped before it told anything");
}

async function* updates(
  admin: AdminAddress,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<LiveUpdate> {
  for await (const data of adminEvents(admin, "/live", clock, signal)) {
    yield JSON.parse(data);
  }
}

/** @throws {Error} A line for the operator: there was nothing from the beginning. */
async function watch(admin: AdminAddress, clock: Clock): Promise<void> {
  const end = new AbortController();
  const leave = (): void => end.abort();
  const [first] = signalsToStop();
  first.then(leave);
  let latest: LiveUpdate | undefined;
  let hint = "q: quit";
  const terminal = new Terminal(({ columns, rows }) =>
    latest === undefined ? [] : screenLines(latest, {
      columns,
      rows,
      hasColour: !Deno.noColor,
      counts: "recent",
      hint,
    })
  );
  try {
    while (!end.signal.aborted) {
      try {
        for await (const update of updates(admin, clock, end.signal)) {
          if (latest === undefined) terminal.open(leave);
          latest = update;
          hint = "q: quit";
          terminal.draw();
        }
      } catch (error) {
        if (latest === undefined) throw error;
      }
      if (end.signal.aborted) break;
      hint = "NO CONNECTION: this is old, trying again  q: quit";
      terminal.draw();
      await waited(clock, end.signal);
    }
  } finally {
    await terminal.close();
  }
}

/** Resolves after a while, or when there is nothing to wait for. */
async function waited(clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(RETRY_MS, resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  cancel();
}
