/**
 * A file that is kept: its head, its content if it is small, and what there is of it in
 * content codings. It is looked at again after a second, and replaced if it has changed.
 */

import type { KeptHead } from "../../head/kept_head.ts";
import type { Coding } from "../../coding/negotiate.ts";
import type {
  CodedForms,
  Content,
  StreamedContent,
} from "../../deliver/reply.ts";
import {
  type FileIdentity,
  identityOf,
  isSameFile,
} from "../../files/regular_file.ts";
import type { SharedFile } from "../../files/shared_file.ts";
import { bytesOf } from "../../http/bytes.ts";
import type { Validators } from "../../http/condition.ts";
import { fieldText } from "../../http/field_text.ts";
import { formatHttpDate } from "../../http/date.ts";
import type { Evictable } from "../../cache/store/sieve.ts";
import { isUnsettled, validatorsOf } from "./entity_tag.ts";
import type { KeptItem } from "./file_memory.ts";
import { FileContent, type ReadSizes } from "./file_reader.ts";

/** How long a file is taken for unchanged, in ms. */
export const CHECK_MS = 1000;

/** A file as it was read: with its content if that is to be kept. */
export interface ReadFile {
  readonly source: SharedFile;
  readonly bytes: Uint8Array | undefined;
}

/** A neighbour in a coding, or none where there might be one. */
export interface Neighbour {
  readonly coding: Coding;
  /** Its name for the system. */
  readonly name: string;
  /** What there is by that name, used or not; undefined for nothing. */
  readonly identity: FileIdentity | undefined;
  /** Undefined if there is none that may be sent in the file's place. */
  readonly file: ReadFile | undefined;
}

/** By their names: lists of codings, one of each, since choices are remembered by list. */
const lists: Map<string, readonly Coding[]> = new Map();

/** The list of these codings. */
function listOf(codings: readonly Coding[]): readonly Coding[] {
  const key = codings.join();
  let list = lists.get(key);
  if (list === undefined) lists.set(key, list = [...codings]);
  return list;
}

/** The forms of a file; more may come. */
class FileForms implements CodedForms {
  codings: readonly Coding[];
  /** Whether some of them lie beside the file. */
  readonly hasNeighbours: boolean;
  readonly #bytes: Map<Coding, Uint8Array> = new Map();
  readonly #files: Map<Coding, SharedFile> = new Map();
  readonly #sizes: ReadSizes;

  constructor(neighbours: readonly Neighbour[], sizes: ReadSizes) {
    this.#sizes = sizes;
    const codings: Coding[] = [];
    for (const { coding, file } of neighbours) {
      if (file === undefined) continue;
      codings.push(coding);
      if (file.bytes === undefined) this.#files.set(coding, file.source);
      else this.#bytes.set(coding, file.bytes);
    }
    this.codings = listOf(codings);
    this.hasNeighbours = codings.length > 0;
  }

  inCoding(coding: Coding): Uint8Array | StreamedContent {
    return this.#bytes.get(coding) ??
      new FileContent(this.#files.get(coding)!, this.#sizes);
  }

  /** The file that has to be open for it; undefined if it is in memory. */
  fileOf(coding: Coding): SharedFile | undefined {
    return this.#files.get(coding);
  }

  /** One more has been made; the codings stay in the order of preference of `order`. */
  add(coding: Coding, bytes: Uint8Array, order: readonly Coding[]): void {
    this.#bytes.set(coding, bytes);
    this.codings = listOf(
      [...this.codings, coding].toSorted((a, b) =>
        order.indexOf(a) - order.indexOf(b)
      ),
    );
  }
}

/** See the module's comment. */
export class KeptFile implements KeptItem {
  visited = false;
  younger: Evictable | undefined;
  older: Evictable | undefined;
  bytesHeld: number;
  clients = 0;
  readonly head: KeptHead;
  readonly validators: Validators;
  readonly content: Content;
  readonly forms: FileForms;
  /** Whether everything that may be sent is in memory. */
  readonly isInMemory: boolean;
  /** The codings that are being made, or cannot be. */
  readonly tried: Set<Coding> = new Set();
  /** When it was found to be unchanged, on the monotonic clock. */
  checkedMs: number;
  readonly #file: ReadFile;
  readonly #neighbours: readonly Neighbour[];
  readonly #isUnsettled: boolean;
  readonly #onEvicted: (file: KeptFile) => void;

  /**
   * @param nowMs When it was read, in ms since the epoch.
   * @param monotonicMs The same on the monotonic clock.
   */
  constructor(
    file: ReadFile,
    neighbours: readonly Neighbour[],
    type: string,
    sizes: ReadSizes,
    nowMs: number,
    monotonicMs: number,
    onEvicted: (file: KeptFile) => void,
  ) {
    const { identity } = file.source;
    this.#file = file;
    this.#neighbours = neighbours;
    this.#isUnsettled = isUnsettled(identity, nowMs) ||
      neighbours.some(({ file }) =>
        file !== undefined && isUnsettled(file.source.identity, nowMs)
      );
    this.#onEvicted = onEvicted;
    this.checkedMs = monotonicMs;
    this.validators = validatorsOf(identity, nowMs);
    const forms = this.forms = new FileForms(neighbours, sizes);
    this.head = headOf(type, this.validators, identity.size, forms);
    this.content = file.bytes === undefined
      ? { kind: "file", file: new FileContent(file.source, sizes), forms }
      : { kind: "bytes", bytes: file.bytes, forms };
    const files = [file, ...neighbours.map(({ file }) => file)];
    this.isInMemory = files.every((file) =>
      file === undefined || file.bytes !== undefined
    );
    this.bytesHeld = files.reduce(
      (sum, file) => sum + (file?.bytes?.length ?? 0),
      0,
    );
  }

  /** The content, if it is in memory and will not change. */
  get settledBytes(): Uint8Array | undefined {
    return this.#isUnsettled ? undefined : this.#file.bytes;
  }

  /** The file that has to be open to send this form; undefined if it is in memory. */
  fileFor(coding: Coding | undefined): SharedFile | undefined {
    if (coding !== undefined) return this.forms.fileOf(coding);
    return this.#file.bytes === undefined ? this.#file.source : undefined;
  }

  /** Whether nothing has changed: the file, or what its neighbours are. */
  async isUnchanged(): Promise<boolean> {
    // It could have been changed again without another time.
    if (this.#isUnsettled) return false;
    const { path, identity } = this.#file.source;
    const checks = [
      isStill(path, identity),
      ...this.#neighbours.map(({ name, identity }) => isStill(name, identity)),
    ];
    return (await Promise.all(checks)).every((isSame) => isSame);
  }

  /** Adds a form that has been made. */
  addForm(
    coding: Coding,
    bytes: Uint8Array<ArrayBuffer>,
    order: readonly Coding[],
  ): void {
    this.forms.add(coding, bytes, order);
    this.bytesHeld += bytes.length;
  }

  onEvicted(): void {
    this.#onEvicted(this);
  }
}

/** Whether a name still leads to the same file; to nothing, if that is what there was. */
async function isStill(
  name: string,
  identity: FileIdentity | undefined,
): Promise<boolean> {
  try {
    const found = identityOf(await Deno.stat(name));
    return identity !== undefined && isSameFile(found, identity);
  } catch {
    return identity === undefined; // what is wrong is found when it is opened
  }
}

function headOf(
  type: string,
  { etag, lastModifiedMs }: Validators,
  length: number,
  { codings }: CodedForms,
): KeptHead {
  const date = lastModifiedMs === undefined
    ? ""
    : `Last-Modified: ${formatHttpDate(lastModifiedMs)}\r\n`;
  return {
    kind: "kept",
    bytes: bytesOf(
      `HTTP/1.1 200 OK\r\nContent-Type: ${fieldText(type)}\r\n${date}` +
        `ETag: ${etag}\r\nAccept-Ranges: bytes\r\n\r\n`,
    ),
    minorVersion: -1,
    length,
    hasForms: codings.length > 0,
    forClients: undefined,
  };
}
