/**
 * What the engine is told: one list for the executable, for `deno task start` and for
 * the benchmarks.
 */

/** As flags of `deno run` and `deno compile`. */
export const ENGINE_FLAGS: readonly string[] = [
  // Room for young objects, in MiB. The engine takes twice 32 under load and gives it back
  // after half a minute of quiet; those of a request are gone long before this is full.
  "--v8-flags=--max-semi-space-size=4",
];
