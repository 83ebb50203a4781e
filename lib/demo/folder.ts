/** The folder that the demo runs in: its configuration file, and the files that this names. */

import {
  configurationText,
  type DemoAddresses,
  FILE_NAME,
} from "./configuration.ts";

/** By path: what is in the folder besides the configuration. */
const FILES: Readonly<Record<string, string>> = {
  "files/sluice.txt":
    "A sluice is a gate in a channel: it lets through what should pass, and no more.\n",
  "files/lines.txt": Array.from(
    { length: 500 },
    (_, index) => `line ${String(index + 1).padStart(3, "0")} of 500\n`,
  ).join(""),
  "files/pictures/sun.svg": picture("#fa0"),
  "files/pictures/moon.svg": picture("#89a"),
  "errors/sorry.json":
    '{ "error": "The server is not well. This is errors/sorry.json." }\n',
};

/** A folder that is there until it is removed. */
export interface DemoFolder {
  /** Where its configuration file is. */
  readonly file: string;
  /** Removes it with all that is in it. */
  remove(): Promise<void>;
}

/**
 * Writes the folder, below that of the system for files that do not last.
 *
 * @throws {Error} if the system does not let us.
 */
export async function writeFolder(
  addresses: DemoAddresses,
): Promise<DemoFolder> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-demo-" });
  const files = { ...FILES, [FILE_NAME]: configurationText(addresses) };
  for (const [path, text] of Object.entries(files)) {
    const parent = `${folder}/${path}`.replace(/\/[^/]*$/, "");
    await Deno.mkdir(parent, { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
  return {
    file: `${folder}/${FILE_NAME}`,
    remove: () => Deno.remove(folder, { recursive: true }),
  };
}

function picture(colour: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><circle cx="50" cy="50" r="40" fill="${colour}"/></svg>\n`;
}
