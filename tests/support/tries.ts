/**
 * How often something random is tried. What finds a fault with enough tries finds most
 * of them with fewer: `SLUICE_LONG=1`, which CI sets, has it tried as often as it pays.
 */

const isLong = Deno.env.get("SLUICE_LONG") !== undefined;

/** So many tries before each commit, or as many as CI makes. */
export function tries(usual: number, long: number): number {
  return isLong ? long : usual;
}
