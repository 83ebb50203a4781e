/** The version, and how people read it. */

import denoConfig from "../../deno.json" with { type: "json" };

/** The version of the program, as in Semantic Versioning. */
export const VERSION: string = denoConfig.version;

/**
 * The text of `--version`.
 *
 * @param version As in Semantic Versioning: its build metadata is the commit that
 *   an executable was built from; a run from source has none.
 */
export function versionText(version: string): string {
  const [number, commit] = version.split("+");
  return commit === undefined
    ? `sluice ${number}`
    : `sluice ${number} (${commit})`;
}
