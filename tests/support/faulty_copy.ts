/** A copy of the program with one thing changed, to be imported in its place: does a test see it? */

const ROOT = new URL("../../", import.meta.url);
/** What is copied: a module imports nothing from elsewhere in the project. */
const FOLDERS = ["lib", "tests/support"] as const;

/** A change to one file. */
export interface Change {
  readonly path: string;
  /** What is there, once. */
  readonly before: string;
  readonly after: string;
}

/** See the module's comment. */
export class FaultyCopy implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes a copy.
   *
   * @throws {Error} What is to be changed is not there, or more than once.
   */
  static async of(changes: readonly Change[]): Promise<FaultyCopy> {
    const folder = await Deno.makeTempDir({ prefix: "sluice-faulty-" });
    const copy = new FaultyCopy(folder);
    await Promise.all(FOLDERS.map((name) => copy.#add(name)));
    for (const change of changes) await copy.#change(change);
    return copy;
  }

  async #add(name: string): Promise<void> {
    await Deno.mkdir(`${this.#folder}/${name}`, { recursive: true });
    const entries = await Array.fromAsync(Deno.readDir(new URL(name, ROOT)));
    await Promise.all(entries.map(async (entry) => {
      const path = `${name}/${entry.name}`;
      if (entry.isDirectory) return await this.#add(path);
      await Deno.copyFile(new URL(path, ROOT), `${this.#folder}/${path}`);
    }));
  }

  async #change({ path, before, after }: Change): Promise<void> {
    const file = `${this.#folder}/${path}`;
    const text = await Deno.readTextFile(file);
    if (text.split(before).length !== 2) {
      throw new Error(`${path} has not once: ${before}`);
    }
    await Deno.writeTextFile(file, text.replace(before, () => after));
  }

  /** Imports a module of the copy. */
  async import<Module>(path: string): Promise<Module> {
    return await import(`file://${this.#folder}/${path}`) as Module;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}
