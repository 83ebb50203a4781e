/**
 * The shelves of one generation. Routes that send the same folder in the same way share
 * one: a thousand hosts with the same files keep and check them once.
 */

import type { Route } from "../../exchange/route.ts";
import { FileShelf } from "./file_shelf.ts";
import type { FilesOptions, FilesPlace } from "./options.ts";

/** What a route makes of files; it is kept beside them. */
type Means = Pick<Route, "coding" | "responseRules">;

interface Shared {
  readonly means: Means;
  readonly shelf: FileShelf;
}

/** See the module's comment. */
export class FileShelves {
  readonly place: FilesPlace;
  readonly #shelves: Map<string, Shared[]> = new Map();

  constructor(place: FilesPlace) {
    this.place = place;
  }

  /** The shelf for a route that sends files by these options. */
  of(options: FilesOptions, { coding, responseRules }: Means): FileShelf {
    const key = JSON.stringify(optionsOf(options));
    const alike = this.#shelves.get(key) ?? [];
    this.#shelves.set(key, alike);
    const known = alike.find(({ means }) =>
      means.coding === coding && means.responseRules === responseRules
    );
    if (known !== undefined) return known.shelf;
    const shelf = new FileShelf(options, this.place);
    alike.push({ means: { coding, responseRules }, shelf });
    return shelf;
  }
}

/** The options and nothing else, in one order. */
function optionsOf(
  {
    root,
    index,
    fallback,
    browse,
    precompressed,
    dotfiles,
    types,
    hidden = [],
  }: FilesOptions,
): Required<FilesOptions> {
  return {
    root,
    index,
    fallback,
    browse,
    precompressed,
    dotfiles,
    types,
    hidden,
  };
}
