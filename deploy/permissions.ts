/**
 * The permissions of sluice: one list for the executable, for a run from source, for
 * the tests and for the documents.
 */

/** As flags of `deno run`, `deno compile` and `deno install`. */
export const PERMISSIONS: readonly string[] = [
  // A missing permission is an error at once, never a question that nobody sees.
  "--no-prompt",
  // To listen, and to connect to the origin, wherever the command line says.
  "--allow-net",
  // The certificates of --upstream-ca, Unix sockets, and from source the file that a worker runs.
  "--allow-read",
  // To make a Unix socket, to remove a dead one, and to connect to one; the folder of the demo.
  "--allow-write",
  // To have the origin's certificates verified against the system's; the rest is what systemd says.
  "--allow-env=DENO_TLS_CA_STORE,JOURNAL_STREAM,LISTEN_FDS,LISTEN_PID,NOTIFY_SOCKET,WATCHDOG_PID,WATCHDOG_USEC",
  // To tell systemd when a reload began.
  "--allow-sys=osUptime",
];
