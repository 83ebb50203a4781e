/**
 * Room in front of stored content for the head of a response, so that both leave in
 * one write and the content is not copied.
 *
 * Many clients may be sent the same content at the same time. While a write of one is
 * under way, its head stays in the room: who has the same one, as mostly within a
 * second, shares it; who has another one writes that apart.
 */

import { equalsRun } from "../../http/bytes.ts";

/** Most heads fit. */
const ROOM_BYTES = 1024;

/** The room of one buffer; see the module's comment. */
export class Headroom {
  /** The room, and the content behind it. */
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Where the head in it starts. */
  #start = ROOM_BYTES;
  /** Writes that are under way. */
  #writes = 0;

  constructor(bytes: ArrayBuffer) {
    this.#bytes = new Uint8Array(bytes);
  }

  /**
   * Takes the room for a head; `leave` gives it back.
   *
   * @param length Bytes of the content.
   * @returns The head with the content behind it; undefined if there is no room for it.
   */
  enter(head: Uint8Array, length: number): Uint8Array | undefined {
    const start = ROOM_BYTES - head.length;
    if (this.#writes === 0 && start >= 0) {
      this.#bytes.set(head, start);
      this.#start = start;
    } else if (!equalsRun(this.#bytes, this.#start, ROOM_BYTES, head)) {
      return undefined;
    }
    this.#writes++;
    return this.#bytes.subarray(start, ROOM_BYTES + length);
  }

  /** A write has come to its end. */
  leave(): void {
    this.#writes--;
  }
}

const rooms = new WeakMap<Uint8Array, Headroom>();

/** A new buffer of this many bytes that has room in front of it. */
export function bufferWithRoom(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new ArrayBuffer(ROOM_BYTES + size);
  const buffer = new Uint8Array(bytes, ROOM_BYTES, size);
  rooms.set(buffer, new Headroom(bytes));
  return buffer;
}

/** The room in front of a buffer; undefined if it has none. */
export function headroomOf(buffer: Uint8Array): Headroom | undefined {
  return rooms.get(buffer);
}
