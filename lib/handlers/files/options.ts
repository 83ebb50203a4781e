/** What a route of files is configured with, and what its handler shares with others. */

import type { Coding } from "../../coding/negotiate.ts";
import { DescriptorSlots } from "../../files/descriptor_slots.ts";
import type { Clock } from "../../net/clock.ts";
import { FileMemory } from "./file_memory.ts";
import { ReadSizes } from "./file_reader.ts";

/** Folders that are read at the same time, to list them. */
const FOLDERS_MAX = 8;

/** The options of a route of files: plain data. */
export interface FilesOptions {
  /** The folder; nothing outside of it is ever sent. */
  readonly root: string;
  /** Names of files that stand for their folder; the first that there is does. */
  readonly index: readonly string[];
  /**
   * What is sent for a path where there is nothing: paths below the root, the first
   * that there is. `{path}` in them is the path that was asked for, without a slash at
   * its end.
   */
  readonly fallback: readonly string[];
  /** Whether folders without an index are listed. */
  readonly browse: boolean;
  /** The codings of which there may be a neighbour: `a.js.br` beside `a.js`. */
  readonly precompressed: readonly Coding[];
  /** Whether names that begin with a dot are sent; `.well-known` always is. */
  readonly dotfiles: boolean;
  /** Media types by extension, in lower case and without its dot, before those of the table. */
  readonly types: Readonly<Record<string, string>>;
  /** Files that are never sent, though they may be below the root: those of the configuration. */
  readonly hidden?: readonly string[];
}

/** What all handlers of files of one thread share. */
export class FilesPlace {
  readonly clock: Clock;
  readonly memory: FileMemory;
  readonly slots: DescriptorSlots;
  /** For folders that are listed. */
  readonly folders: DescriptorSlots;
  readonly sizes: ReadSizes = new ReadSizes();

  constructor(
    clock: Clock,
    memory: FileMemory = new FileMemory(),
    slots: DescriptorSlots = new DescriptorSlots(clock),
  ) {
    this.clock = clock;
    this.memory = memory;
    this.slots = slots;
    this.folders = new DescriptorSlots(clock, FOLDERS_MAX);
  }

  /** The server stops. */
  close(): void {
    this.slots.close();
    this.folders.close();
  }
}
