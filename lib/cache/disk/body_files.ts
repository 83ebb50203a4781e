/**
 * Large content on disk: a file for each, named by the number of its record. Files are
 * written before their record is, and removed after it: one without a record is what a
 * crash has left.
 */

/** Folders that the files are spread over. */
const FOLDERS = 256;

/** See the module's comment. Everything here blocks: it is for a thread of its own. */
export class BodyFiles {
  readonly #folder: string;
  readonly #made = new Set<number>();

  /** @param folder Where the files are; it is made if it is not there. */
  constructor(folder: string) {
    this.#folder = folder;
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  #folderOf(id: number): string {
    return `${this.#folder}/${(id % FOLDERS).toString(16).padStart(2, "0")}`;
  }

  #pathOf(id: number): string {
    return `${this.#folderOf(id)}/${id}`;
  }

  #makeFolder(id: number): void {
    const place = id % FOLDERS;
    if (this.#made.has(place)) return;
    Deno.mkdirSync(this.#folderOf(id), { recursive: true, mode: 0o700 });
    this.#made.add(place);
  }

  /** A file to write to, piece by piece, and to read from meanwhile. */
  create(id: number): Deno.FsFile {
    this.#makeFolder(id);
    const how = { create: true, truncate: true, mode: 0o600 };
    try {
      return Deno.openSync(this.#pathOf(id), {
        ...how,
        read: true,
        write: true,
      });
    } catch (error) {
      this.#made.delete(id % FOLDERS);
      throw error;
    }
  }

  /** @throws {Error} It is not there, or cannot be read. */
  open(id: number): Deno.FsFile {
    return Deno.openSync(this.#pathOf(id));
  }

  /** @throws {Error} It cannot be written: there is nothing of it then. */
  write(id: number, content: Uint8Array): void {
    this.#makeFolder(id);
    try {
      Deno.writeFileSync(this.#pathOf(id), content, { mode: 0o600 });
    } catch (error) {
      this.#made.delete(id % FOLDERS); // somebody may have removed it
      this.remove(id);
      throw error;
    }
  }

  /** @throws {Error} It is not there, or cannot be read. */
  read(id: number): Uint8Array<ArrayBuffer> {
    return Deno.readFileSync(this.#pathOf(id));
  }

  /** Removes one, if it is there. */
  remove(id: number): void {
    try {
      Deno.removeSync(this.#pathOf(id));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** The numbers of all files that there are, folder by folder. */
  *all(): Generator<readonly number[]> {
    for (let place = 0; place < FOLDERS; place++) {
      yield [...namesIn(this.#folderOf(place))].map(Number)
        .filter(Number.isSafeInteger);
    }
  }
}

function* namesIn(folder: string): Generator<string> {
  try {
    for (const { name } of Deno.readDirSync(folder)) yield name;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
