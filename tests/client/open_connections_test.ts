/** The open connections are those that were added and not taken out, in whatever order. */

import { OpenConnections } from "../../lib/client/open_connections.ts";
import { assertEquals } from "../support/assert.ts";

interface Named {
  readonly name: string;
  openIndex: number;
}

/** What is added (`+a`) and taken out (`-a`), and who is open then. */
const ROWS: readonly [string, string][] = [
  ["+a", "a"],
  ["+a -a", ""],
  ["+a +b +c -a", "b c"],
  ["+a +b +c -b", "a c"],
  ["+a +b +c -c", "a b"],
  ["+a +b +c -a -c -b", ""],
  ["+a +b -a +c -b +a", "a c"],
  ["+a +b +c +d -a -d -b +a -c", "a"],
];

for (const [steps, open] of ROWS) {
  Deno.test(`after ${steps}, these are open: ${open}`, () => {
    const connections = new OpenConnections<Named>();
    const known = new Map<string, Named>();
    for (const [sign, name] of steps.split(" ") as Iterable<string>) {
      const connection = known.get(name!) ?? { name: name!, openIndex: -1 };
      known.set(name!, connection);
      if (sign === "+") connections.add(connection);
      else connections.remove(connection);
    }
    const names = connections.all().map(({ name }) => name).sort();
    assertEquals([names.join(" "), connections.count], [
      open,
      open === "" ? 0 : open.split(" ").length,
    ]);
  });
}
