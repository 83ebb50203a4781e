/**
 * How much of what is costly is tried. `deno task ok` sets `SLUICE_QUICK`: it finds most
 * of what `deno task test` and CI find, which try all of it.
 */

const isQuick = Deno.env.get("SLUICE_QUICK") !== undefined;

/** How often something random is tried. */
export function tries(quick: number, all: number): number {
  return isQuick ? quick : all;
}

/** The rows of a table that are tried: all of them, or the one that says most, if it is among them. */
export function rows<Row>(all: readonly Row[], quick: Row): readonly Row[] {
  return isQuick && all.includes(quick) ? [quick] : all;
}
