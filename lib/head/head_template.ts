/**
 * The beginning of all heads that clients get of one kept head: status line and field
 * lines, up to where what depends on the request follows. With it is kept what was made
 * of it last: to read its lines again would cost more than a hit.
 */

/** What no response says, and as small a number as one that does: the engine keeps both in the object. */
const NO_AGE = -2;

/** See the module's comment. */
export class HeadTemplate {
  /** Without the empty line at the end. */
  readonly bytes: Uint8Array;
  /**
   * What the end of a whole head depended on that was written last behind it: whoever
   * asks within the same second gets the same. `writeWholeHead` keeps it.
   */
  age = NO_AGE;
  ttl: number | undefined;
  cacheStatus = "";
  length = 0;
  /** That end; undefined if it was written once: what is asked for seldom takes no memory. */
  end: Uint8Array | undefined;
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
