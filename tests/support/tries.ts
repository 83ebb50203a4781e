/**
 * How much of what is costly is tried. `deno task ok` sets `SLUICE_QUICK`: it finds most
 * of what `deno task test` and CI find, which try all of it.
 */

const isQuick = Deno.env.get("SLUICE_QUICK") !== undefined;

/** How often something random is tried. */
export function tries(quick: number, all: number): number {
  return isQuick ? quick : all;
}

/** The rows of a table that are tried: all of them, or those that say most, if they are among them. */
export function rows<Row>(
  all: readonly Row[],
  ...quick: readonly Row[]
): readonly Row[] {
  const some = all.filter((row) => quick.includes(row));
  return isQuick && some.length > 0 ? some : all;
}

/** The name of a test that takes seconds beside others that show nearly as much, and whether it is skipped for that. */
export function costly(
  name: string,
  ignore = false,
): { readonly name: string; readonly ignore: boolean } {
  return isQuick && !ignore
    ? { name: `${name} (skipped: for \`deno task test\`)`, ignore: true }
    : { name, ignore };
}
