/**
 * Where ACME's account and certificates are kept: files that only their owner reads,
 * each written whole or not at all.
 *
 * The folder belongs to one process at a time: it holds a lock on a file there. The
 * lock ends with the process, however that ends. Each authority has a part of its own,
 * so that whoever goes from a staging directory to the real one gets real certificates.
 */

import { type CertificateText, splitPem } from "./certificate.ts";

const ACCOUNT = "account.pem";
const LOCK = "lock";
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** The most bytes of one file. */
const FILE_BYTES_MAX = 256 * 1024;

/** The lock on a folder: one for all of this process that use the folder. */
export class FolderLock {
  readonly folder: string;
  #file: Deno.FsFile | undefined;
  #taking: Promise<void> | undefined;
  readonly #holders = new Set<object>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Takes the folder for this process.
   *
   * @returns Whether it could: another process may have it.
   * @throws {Error} The folder or the file cannot be made.
   */
  async take(holder: object): Promise<boolean> {
    this.#holders.add(holder);
    if (this.#file === undefined) {
      this.#taking ??= this.#take().finally(() => this.#taking = undefined);
      await this.#taking;
    }
    return this.#file !== undefined;
  }

  async #take(): Promise<void> {
    await Deno.mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    const file = await Deno.open(`${this.folder}/${LOCK}`, {
      create: true,
      write: true,
      mode: FILE_MODE,
    });
    const isOurs = await file.tryLock(true);
    if (isOurs && this.#holders.size > 0) this.#file = file;
    else file.close(); // another process has it, or nobody wants it any more
  }

  /** Gives the folder up, once nobody of this process holds it. */
  release(holder: object): void {
    this.#holders.delete(holder);
    if (this.#holders.size > 0) return;
    this.#file?.close();
    this.#file = undefined;
  }
}

/** See the module's comment. */
export class AcmeStorage {
  readonly #lock: FolderLock;
  readonly #part: string;

  /**
   * @param lock The lock of its folder, which is made when something is written.
   * @param part The folder in that one for an authority; empty for none.
   */
  constructor(lock: FolderLock, part = "") {
    this.#lock = lock;
    this.#part = part === "" ? lock.folder : `${lock.folder}/${part}`;
  }

  /** The folder that belongs to one process. */
  get folder(): string {
    return this.#lock.folder;
  }

  /** Takes the folder as {@linkcode FolderLock.take} says. */
  take(): Promise<boolean> {
    return this.#lock.take(this);
  }

  /** Gives the folder up. */
  release(): void {
    this.#lock.release(this);
  }

  /** The account's private key, in PEM; undefined if there is no account yet. */
  readAccount(): Promise<string | undefined> {
    return this.#read(ACCOUNT);
  }

  /** Keeps the account's private key. */
  async writeAccount(key: string): Promise<void> {
    await this.#write(ACCOUNT, key);
  }

  /** The certificate for a name; undefined if there is none that can be read. */
  async readCertificate(name: string): Promise<CertificateText | undefined> {
    const file = fileOf(name);
    const text = await this.#read(file);
    if (text === undefined) return undefined;
    try {
      return splitPem(text, text, `${this.#part}/${file}`);
    } catch {
      return undefined; // damaged: another one is ordered
    }
  }

  /** Keeps the certificate for a name, with its key in the same file. */
  async writeCertificate(
    name: string,
    cert: string,
    key: string,
  ): Promise<void> {
    await this.#write(fileOf(name), `${cert.trimEnd()}\n${key.trimEnd()}\n`);
  }

  async #read(file: string): Promise<string | undefined> {
    const path = `${this.#part}/${file}`;
    try {
      const { size, isFile } = await Deno.stat(path);
      if (!isFile || size > FILE_BYTES_MAX) return undefined;
      return await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async #write(file: string, text: string): Promise<void> {
    await Deno.mkdir(this.#part, { recursive: true, mode: FOLDER_MODE });
    const path = `${this.#part}/${file}`;
    const next = `${path}.new`;
    await Deno.remove(next).catch(() => {}); // what a crash has left
    const open = await Deno.open(next, {
      createNew: true,
      write: true,
      mode: FILE_MODE,
    });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) {
        at += await open.write(bytes.subarray(at));
      }
      await open.sync();
    } finally {
      open.close();
    }
    await Deno.rename(next, path);
  }
}

/** The name of a file for a host's name, which is one that ACME has certificates for. */
function fileOf(name: string): string {
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name)) {
    throw new RangeError(`There is no file for "${name}"`);
  }
  return `${name}.pem`;
}
