/**
 * The first message of a client that speaks TLS (pure): which name it asks for, and
 * which versions it knows (RFC 8446 §4.1.2, RFC 6066 §3).
 *
 * Only what decides about the connection before it has begun is read here. Whether
 * the message is valid is for the TLS of the runtime, which reads it again.
 */

/** The most bytes of it: those with keys against quantum computers have about 2,000. */
export const CLIENT_HELLO_BYTES_MAX = 16 * 1024;

/** What the bytes so far are. */
export type ClientHello =
  /** The beginning of a client's hello: it is worth looking again after so many bytes more. */
  | { readonly kind: "more"; readonly least: number }
  /** Not TLS. */
  | { readonly kind: "plain" }
  /** TLS, but not a client's hello, or one that cannot be read. */
  | { readonly kind: "bad" }
  | {
    readonly kind: "hello";
    /** The name, in lower case; empty for none. */
    readonly serverName: string;
    /** Whether it offers TLS 1.2 … */
    readonly knowsTls12: boolean;
    /** … and TLS 1.3. */
    readonly knowsTls13: boolean;
  };

const MORE: ClientHello = { kind: "more", least: 1 };
const PLAIN: ClientHello = { kind: "plain" };
const BAD: ClientHello = { kind: "bad" };

const RECORD_HANDSHAKE = 0x16;
const RECORD_HEAD_BYTES = 5;
const RECORD_BYTES_MAX = 2 ** 14;
const MESSAGE_CLIENT_HELLO = 1;
const MESSAGE_HEAD_BYTES = 4;
/** Version and random number. */
const FIXED_BYTES = 2 + 32;
const EXTENSION_SERVER_NAME = 0;
const EXTENSION_SUPPORTED_VERSIONS = 43;
const NAME_TYPE_HOST = 0;
const TLS12 = 0x0303;
const TLS13 = 0x0304;
/** Letters, digits, hyphens and underscores, in labels (RFC 6066 §3 has no trailing dot). */
const HOST_NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const NAME_LENGTH_MAX = 253;

/** Reads what a client has sent so far: `bytes[start, end)`. */
export function readClientHello(
  bytes: Uint8Array,
  start: number,
  end: number,
): ClientHello {
  if (end - start < 1) return MORE;
  if (bytes[start] !== RECORD_HANDSHAKE) return PLAIN;
  const message = joinRecords(bytes, start, end);
  if (message === undefined) return BAD;
  if (message.length > 0 && message[0] !== MESSAGE_CLIENT_HELLO) return BAD;
  if (message.length < MESSAGE_HEAD_BYTES) return MORE;
  const length = message[1]! << 16 | message[2]! << 8 | message[3]!;
  if (length > CLIENT_HELLO_BYTES_MAX) return BAD;
  const missing = MESSAGE_HEAD_BYTES + length - message.length;
  if (missing > 0) return { kind: "more", least: missing };
  const body = message.subarray(
    MESSAGE_HEAD_BYTES,
    MESSAGE_HEAD_BYTES + length,
  );
  return readBody(body) ?? BAD;
}

/** The content of the records, which may divide a message as they like; undefined if one is of another kind. */
function joinRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array | undefined {
  const joined = new Uint8Array(end - start);
  let count = 0;
  for (let at = start; at < end;) {
    if (bytes[at] !== RECORD_HANDSHAKE) return undefined;
    if (end - at < RECORD_HEAD_BYTES) break;
    const length = bytes[at + 3]! << 8 | bytes[at + 4]!;
    if (bytes[at + 1] !== 3 || length === 0 || length > RECORD_BYTES_MAX) {
      return undefined;
    }
    at += RECORD_HEAD_BYTES;
    const part = bytes.subarray(at, Math.min(at + length, end));
    joined.set(part, count);
    count += part.length;
    at += length;
    const isWhole = count >= MESSAGE_HEAD_BYTES &&
      count >= MESSAGE_HEAD_BYTES +
          (joined[1]! << 16 | joined[2]! << 8 | joined[3]!);
    if (isWhole) break; // what follows is not part of the hello
  }
  return joined.subarray(0, count);
}

/** Reads numbers and vectors one after the other; `isCut` once one was not there. */
class Cursor {
  isCut = false;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get hasMore(): boolean {
    return !this.isCut && this.#at < this.#bytes.length;
  }

  /** A number of `size` bytes. */
  number(size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) {
      value = value * 256 + (this.#bytes[this.#at + i] ?? 0);
    }
    this.#skip(size);
    return value;
  }

  /** A vector with a length of `size` bytes before it. */
  vector(size: number): Uint8Array {
    const length = this.number(size);
    const vector = this.#bytes.subarray(this.#at, this.#at + length);
    this.#skip(length);
    return vector;
  }

  #skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) this.isCut = true;
  }
}

/** Undefined if it is malformed. */
function readBody(body: Uint8Array): ClientHello | undefined {
  const cursor = new Cursor(body, FIXED_BYTES);
  cursor.vector(1); // the session
  cursor.vector(2); // the cipher suites
  cursor.vector(1); // the compression methods
  if (cursor.isCut || body.length < FIXED_BYTES) return undefined;
  let serverName: string | undefined = "";
  // Whoever does not list versions knows all up to this one.
  const newest = body[0]! << 8 | body[1]!;
  let versions = newest >= TLS12 ? [TLS12] : [];
  const extensions = new Cursor(cursor.hasMore ? cursor.vector(2) : EMPTY);
  if (cursor.isCut) return undefined;
  while (extensions.hasMore) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === EXTENSION_SERVER_NAME) serverName = readServerName(content);
    if (type === EXTENSION_SUPPORTED_VERSIONS) versions = readVersions(content);
  }
  if (extensions.isCut || serverName === undefined) return undefined;
  return {
    kind: "hello",
    serverName,
    knowsTls12: versions.includes(TLS12),
    knowsTls13: versions.includes(TLS13),
  };
}

const EMPTY = new Uint8Array(0);

/** Undefined if it is malformed. */
function readServerName(content: Uint8Array): string | undefined {
  const names = new Cursor(new Cursor(content).vector(2));
  while (names.hasMore) {
    const type = names.number(1);
    const bytes = names.vector(2);
    if (names.isCut) return undefined;
    if (type !== NAME_TYPE_HOST) continue;
    const name = String.fromCharCode(...bytes.subarray(0, NAME_LENGTH_MAX + 1))
      .toLowerCase();
    const isName = name.length <= NAME_LENGTH_MAX && HOST_NAME.test(name);
    return isName ? name : undefined;
  }
  return "";
}

function readVersions(content: Uint8Array): number[] {
  const list = new Cursor(new Cursor(content).vector(1));
  const versions: number[] = [];
  while (list.hasMore) versions.push(list.number(2));
  return versions;
}
