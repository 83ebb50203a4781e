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
  // What systemd says, `${NAME}` in a configuration, and what the clients of ACME and of a
  // shared store look up: they look through all variables, and fail if one is denied.
  "--allow-env",
  // The system's certificates, which a list of names cannot grant; to tell systemd when a reload began.
  "--allow-sys",
];
