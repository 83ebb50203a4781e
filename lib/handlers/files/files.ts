/**
 * The handler that sends files of a folder.
 *
 * What is known of a file and less than a second old is sent at once: small files from
 * memory, without a call to the system. All else is found first (`FileShelf`). Ranges,
 * conditions, codings and HEAD are for `deliver`.
 */

import type { Coding } from "../../coding/negotiate.ts";
import { deliver, ownReply } from "../../deliver/deliver.ts";
import { acceptedCoding } from "../../coding/choose.ts";
import type { Reply } from "../../deliver/reply.ts";
import { problemOf } from "../../files/regular_file.ts";
import type { SharedFile } from "../../files/shared_file.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { type OwnResponse, ownResponse } from "../../head/own_response.ts";
import type { CacheNote } from "../../head/stored_response.ts";
import { bytesOf, CRLF } from "../../http/bytes.ts";
import { CanonicalPath } from "../../http/canonical_path.ts";
import { failsPrecondition, hasPrecondition } from "../../http/condition.ts";
import { HttpError } from "../../http/error.ts";
import { FIELD } from "../../http/field.ts";
import { METHOD } from "../../http/method.ts";
import { namedText } from "../../http/named_field.ts";
import type { Handler } from "../handler.ts";
import { SMALL_FILE_BYTES_MAX } from "./file_memory.ts";
import { folderLocation } from "./file_path.ts";
import type { FileShelf, FoundFolder } from "./file_shelf.ts";
import { folderPage } from "./folder_page.ts";
import { KeptFile } from "./kept_file.ts";
import { MadeForms } from "./made_forms.ts";
import type { FilesPlace } from "./options.ts";

/** A file may be replaced between two looks at it; one that never stays has no content to send. */
const TRIES = 3;

/** What becomes of paths before files are looked for. */
export interface PathRewrite {
  /** The path below the root for a canonical path. */
  pathOf(path: string): string;
  /** Whether the route also takes the paths that it takes with a slash behind them. */
  readonly takesSlash: boolean;
}

/**
 * Compiles a route of files.
 *
 * @param shelf Where its files are kept.
 * @param rewrite What becomes of the canonical path before a file is looked for.
 */
export function filesHandler(
  shelf: FileShelf,
  place: FilesPlace,
  rewrite?: PathRewrite,
): Handler {
  const files = new FilesRoute(shelf, place, rewrite);
  return (x) => files.handle(x);
}

class FilesRoute {
  readonly #shelf: FileShelf;
  readonly #forms: MadeForms;
  readonly #place: FilesPlace;
  readonly #rewrite: PathRewrite | undefined;
  readonly #path = new CanonicalPath();
  /** The current date as a line, in what is said of files besides their heads. */
  #note: CacheNote | undefined;
  #date: Uint8Array | undefined;

  constructor(
    shelf: FileShelf,
    place: FilesPlace,
    rewrite: PathRewrite | undefined,
  ) {
    this.#shelf = shelf;
    this.#forms = new MadeForms(place.memory);
    this.#place = place;
    this.#rewrite = rewrite;
  }

  handle(x: Exchange): Promise<void> {
    const { method } = x.request;
    if (method !== METHOD.Get && method !== METHOD.Head) {
      throw new HttpError("method_not_allowed", "Files can only be read");
    }
    const path = this.#pathOf(x);
    if (this.#lacksSlash(path)) return this.#findSlash(x, path);
    const file = this.#shelf.fresh(path);
    return file === undefined
      ? this.#find(x, path, TRIES)
      : this.#send(x, file, path, TRIES);
  }

  #pathOf({ request: { bytes, target, targetEnd } }: Exchange): string {
    this.#path.read(bytes, target.pathStart, targetEnd);
    const { text } = this.#path;
    return this.#rewrite?.pathOf(text) ?? text;
  }

  /**
   * Whether the path that has just been read leads to a folder only because a prefix
   * was stripped: of `/docs`, `/docs` leaves `/`. Links in what stands for the folder
   * would lead beside it.
   */
  #lacksSlash(path: string): boolean {
    return this.#rewrite?.takesSlash === true && path.endsWith("/") &&
      !this.#path.text.endsWith("/");
  }

  async #findSlash(x: Exchange, path: string): Promise<void> {
    if (await this.#shelf.find(path) === undefined) throw notFound(path);
    await this.#redirect(x, path);
  }

  async #find(x: Exchange, path: string, tries: number): Promise<void> {
    const found = await this.#shelf.find(path);
    if (found === undefined) throw notFound(path);
    if (found instanceof KeptFile) return this.#send(x, found, path, tries);
    if (found.path.endsWith("/")) return await this.#list(x, found);
    return await this.#redirect(x, path);
  }

  #send(
    x: Exchange,
    file: KeptFile,
    path: string,
    tries: number,
  ): Promise<void> {
    const { fields } = x.request;
    if (
      hasPrecondition(fields) &&
      failsPrecondition(fields, file.validators, x.startedMs)
    ) throw new HttpError("precondition_failed", "It is another one by now");
    this.#forms.begin(x, file);
    if (!file.isInMemory) {
      const source = file.fileFor(formFor(x, file));
      if (source !== undefined) {
        return this.#sendOpened(x, file, source, path, tries);
      }
    }
    return file.bytesHeld <= SMALL_FILE_BYTES_MAX
      ? deliver(x, this.#replyOf(x, file))
      : this.#sendHeld(x, file);
  }

  /** Sends a file of which so much is in memory that its clients have to be counted. */
  async #sendHeld(x: Exchange, file: KeptFile): Promise<void> {
    const { memory } = this.#place;
    memory.hold(file);
    try {
      await deliver(x, this.#replyOf(x, file));
    } finally {
      memory.release(file);
    }
  }

  /** Sends a file that is read meanwhile. */
  async #sendOpened(
    x: Exchange,
    file: KeptFile,
    source: SharedFile,
    path: string,
    tries: number,
  ): Promise<void> {
    if (await acquired(source) === false) {
      if (tries <= 1) {
        throw new HttpError("file_unreadable", `${source.path} never stays`);
      }
      file.checkedMs = -Infinity; // it is another one by now
      return await this.#find(x, path, tries - 1);
    }
    try {
      await deliver(x, this.#replyOf(x, file));
    } finally {
      source.release();
    }
  }

  #replyOf(x: Exchange, file: KeptFile): Reply {
    const { head, content, validators } = file;
    return { status: 200, head, content, validators, note: this.#noteOf(x) };
  }

  #noteOf({ site }: Exchange): CacheNote {
    const date = site.date.bytes();
    if (this.#note !== undefined && date === this.#date) return this.#note;
    this.#date = date;
    const ownLines = new Uint8Array([...DATE, ...date, ...CRLF]);
    return this.#note = { age: -1, cacheStatus: "", ttl: undefined, ownLines };
  }

  async #list(x: Exchange, folder: FoundFolder): Promise<void> {
    const accept = namedText(x.request.fields, "accept") ?? "";
    const page = await this.#folderPage(folder, accept);
    if (page === undefined) {
      throw new HttpError("not_found", `${folder.path} has gone`);
    }
    await deliver(x, ownReply(page));
  }

  /** A folder is read as a whole, however large it is: few are at the same time. */
  async #folderPage(
    folder: FoundFolder,
    accept: string,
  ): Promise<OwnResponse | undefined> {
    const { folders } = this.#place;
    await folders.take();
    try {
      return await folderPage(this.#shelf, folder, accept);
    } finally {
      folders.give();
    }
  }

  /** A folder's links are relative to the slash at its end. */
  async #redirect(x: Exchange, path: string): Promise<void> {
    const { bytes, target, targetEnd } = x.request;
    this.#path.read(bytes, target.pathStart, targetEnd);
    const query = x.request.targetText.slice(
      this.#path.queryStart - x.request.targetStart,
    );
    // A path that has been rewritten is not the client's.
    const asked = this.#rewrite === undefined ? path : this.#path.text;
    const location = folderLocation(asked, query);
    await deliver(
      x,
      ownReply(ownResponse(308, `Location: ${location}\r\n`, "")),
    );
  }
}

function notFound(path: string): HttpError {
  return new HttpError("not_found", `There is no ${path}`);
}

const DATE = bytesOf("Date: ");

/** In which form the file is sent, of those that there are: as `deliver` will choose. */
function formFor(
  { request: { fields } }: Exchange,
  { forms: { codings } }: KeptFile,
): Coding | undefined {
  return codings.length === 0 || fields.has(FIELD.Range)
    ? undefined
    : acceptedCoding(fields, codings);
}

/** Opens a file, or shares what is open; false if it is another one by now. */
async function acquired(source: SharedFile): Promise<boolean> {
  try {
    return await source.acquire() ?? true;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    switch (problemOf(error)) {
      case "missing":
        return false;
      case "denied":
        throw new HttpError("forbidden", `May not read ${source.path}`, error);
      case "exhausted":
        throw new HttpError("overloaded", "Too many open files", error);
      case "broken":
        throw new HttpError("file_unreadable", "Cannot read a file", error);
    }
  }
}
