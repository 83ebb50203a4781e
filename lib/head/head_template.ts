/**
 * The beginning of all heads that clients get of one kept head: status line and field
 * lines, up to where what depends on the request follows. With it is kept what was made
 * of it last: to read its lines again would cost more than a hit.
 */

/** See the module's comment. */
export class HeadTemplate {
  /** Without the empty line at the end. */
  readonly bytes: Uint8Array;
  /** What was written last behind it; `writeWholeHead` keeps it. */
  readonly end: KeptEnd = {
    age: NaN, // which is no age
    ttl: undefined,
    cacheStatus: "",
    length: 0,
    bytes: undefined,
  };
  /** The head of a 304 up to its end, and the tag that it names; `writeNotModified` keeps it. */
  notModified:
    | { readonly etag: string; readonly bytes: Uint8Array }
    | undefined;
  /** The head of a part up to what tells which; `writeRangeHead` keeps it. */
  part: Uint8Array | undefined;

  /** Nothing has been made of it yet. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** The end of a whole head, and what it depends on: whoever asks within the same second gets the same. */
export interface KeptEnd {
  age: number;
  ttl: number | undefined;
  cacheStatus: string;
  length: number;
  /** Undefined if it was written once: what is asked for seldom takes no memory. */
  bytes: Uint8Array | undefined;
}
