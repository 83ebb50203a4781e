/**
 * Tells systemd the state of the program: that it starts, accepts clients, reads its
 * configuration again, stops, and that its main thread turns. It does so if systemd
 * asks for it, by `NOTIFY_SOCKET` and `WATCHDOG_USEC`: sd_notify(3), sd_watchdog_enabled(3).
 */

import type { Clock } from "../net/clock.ts";
import { NotifySocket } from "../net/notify_socket.ts";
import { systemVariable } from "../net/system_variable.ts";
import { logEvent } from "../observe/event_log.ts";
import { settlesWithin } from "../observe/settles_within.ts";

/** For the manager to take the last message, in ms. */
const LAST_MS = 1000;

/** See the module's comment. */
export interface ServiceManager {
  /** Clients are accepted; `status` is shown to the operator. */
  ready(status: string): void;
  /** The configuration is being read again; `ready` ends that. */
  reloading(): void;
  /** The program begins to stop. */
  stopping(status: string): void;
  /** Nothing more is said. */
  close(): Promise<void>;
}

/** For a program that nobody manages. */
const NOBODY: ServiceManager = {
  ready(): void {},
  reloading(): void {},
  stopping(): void {},
  close: () => Promise.resolve(),
};

/** The manager that has started the program; one that hears nothing if there is none. */
export function serviceManager(clock: Clock): ServiceManager {
  const address = systemVariable("NOTIFY_SOCKET");
  if (address === undefined || !/^[/@]/.test(address)) return NOBODY;
  let hasComplained = false;
  const complain = (error: Error): void => {
    if (hasComplained) return;
    hasComplained = true;
    logEvent("warn", `cannot notify systemd: ${error.message}`);
  };
  try {
    return new Systemd(NotifySocket.open(address, complain), clock);
  } catch (error) {
    complain(error as Error);
    return NOBODY;
  }
}

class Systemd implements ServiceManager {
  readonly #socket: NotifySocket;
  readonly #clock: Clock;
  readonly #endWatchdog: (() => void) | undefined;

  constructor(socket: NotifySocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    const everyMs = watchdogMs();
    if (everyMs === undefined) return;
    this.#endWatchdog = clock.every(everyMs, () => socket.send("WATCHDOG=1"));
  }

  ready(status: string): void {
    this.#socket.send("READY=1", `STATUS=${oneLine(status)}`);
  }

  reloading(): void {
    this.#socket.send(
      "RELOADING=1",
      ...beganAt(),
      "STATUS=reading the configuration again",
    );
  }

  stopping(status: string): void {
    this.#socket.send("STOPPING=1", `STATUS=${oneLine(status)}`);
  }

  async close(): Promise<void> {
    this.#endWatchdog?.();
    await settlesWithin(this.#socket.close(), LAST_MS, this.#clock);
  }
}

/** How often to say that the main thread turns, in ms; undefined if nobody asks. */
function watchdogMs(): number | undefined {
  const pid = systemVariable("WATCHDOG_PID");
  const micros = Number(systemVariable("WATCHDOG_USEC"));
  if (!(micros > 0) || pid !== undefined && Number(pid) !== Deno.pid) {
    return undefined;
  }
  return Math.max(1, Math.floor(micros / 2000)); // twice as often as it must be
}

/**
 * When a reload began, so that systemd can tell it from one before. The runtime has the
 * system's time of running in whole seconds, rounded up, and time asleep included: that
 * is never earlier than the monotonic clock that systemd compares it with.
 */
function beganAt(): string[] {
  try {
    return [`MONOTONIC_USEC=${Deno.osUptime() * 1e6}`];
  } catch {
    return []; // not permitted; only Type=notify-reload needs it
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ");
}
