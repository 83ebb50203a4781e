/** Which routes share the files that they keep. */

import { assert } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { FileShelves } from "../../../lib/handlers/files/file_shelves.ts";
import {
  type FilesOptions,
  FilesPlace,
} from "../../../lib/handlers/files/options.ts";

const OPTIONS: FilesOptions = {
  root: "/srv",
  index: ["index.html"],
  fallback: [],
  browse: false,
  precompressed: ["gzip"],
  dotfiles: false,
  types: {},
};
const MEANS = { coding: undefined, responseRules: [] };

Deno.test("routes with the same folder share what they keep if they send it alike", () => {
  using place = closing(new FilesPlace(new TestClock()));
  const shelves = new FileShelves(place.files);
  const shelf = shelves.of(OPTIONS, MEANS);
  assert(shelves.of({ ...OPTIONS, index: ["index.html"] }, MEANS) === shelf);
  const others: Partial<FilesOptions>[] = [
    { root: "/srv2" },
    { index: [] },
    { fallback: ["/404.html"] },
    { browse: true },
    { precompressed: [] },
    { dotfiles: true },
    { types: { x: "text/x" } },
    { hidden: ["/srv/a"] },
  ];
  for (const other of others) {
    const name = Object.keys(other).join();
    assert(shelves.of({ ...OPTIONS, ...other }, MEANS) !== shelf, name);
  }
  // What is kept beside a file is made for one list of rules, and one way to compress.
  const coding = {
    offered: ["gzip" as const],
    onTheFly: ["gzip" as const],
    bytesMin: 1,
    types: new Set<string>(),
  };
  assert(shelves.of(OPTIONS, { ...MEANS, coding }) !== shelf);
  assert(shelves.of(OPTIONS, { ...MEANS, responseRules: [] }) !== shelf);
  assert(shelves.of(OPTIONS, MEANS) === shelf);
  assert(new FileShelves(place.files).of(OPTIONS, MEANS) !== shelf);
});

function closing(files: FilesPlace): Disposable & { files: FilesPlace } {
  return { files, [Symbol.dispose]: () => files.close() };
}
