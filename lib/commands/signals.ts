/** Signals: those that stop the program, and those that other servers handle and whose default action is to kill. */

/** Calls back at each SIGHUP: the configuration is to be read again. */
export function onReloadSignal(reload: () => void): void {
  if (Deno.build.os === "windows") return; // there, it says that the console closes
  Deno.addSignalListener("SIGHUP", reload);
}

/** Calls back at each SIGUSR2: the log has been rotated. */
export function onReopenSignal(reopen: () => void): void {
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGUSR2", reopen);
}

/**
 * Resolve at the first and at the second SIGTERM, SIGINT or SIGQUIT. The listeners stay:
 * without one, even for a moment, a signal would kill.
 */
export function signalsToStop(): [first: Promise<void>, second: Promise<void>] {
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
