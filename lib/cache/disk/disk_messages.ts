/** The messages between the threads that ask the cache on disk and the one that keeps it. */

import type { TierPurge } from "../store/tiers/tier.ts";

/** What the thread is asked. Each has a number, by which its answer is known. */
export type DiskQuestion =
  /** What is kept under a key. */
  | { readonly kind: "find"; readonly id: number; readonly key: Uint8Array }
  /** The content of a record. */
  | { readonly kind: "read"; readonly id: number; readonly record: number }
  /** To keep a record, as `writeRecord` writes it. */
  | {
    readonly kind: "put";
    readonly id: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly tags: readonly string[];
    /** The number of the record that gets another head, if its content is large. */
    readonly large: number | undefined;
  }
  /** To begin with large content, of which the record may be known already, … */
  | {
    readonly kind: "begin";
    readonly id: number;
    readonly announced: Announced | undefined;
  }
  /** … of which this is the next piece, … */
  | {
    readonly kind: "append";
    readonly id: number;
    readonly record: number;
    readonly piece: Uint8Array<ArrayBuffer>;
  }
  /** … and which is all there, … */
  | {
    readonly kind: "finish";
    readonly id: number;
    readonly record: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly tags: readonly string[];
  }
  /** … or is, but is not to be found, … */
  | { readonly kind: "retire"; readonly id: number; readonly record: number }
  /** … or will not be. */
  | { readonly kind: "abort"; readonly id: number; readonly record: number }
  /** A piece of large content. */
  | {
    readonly kind: "piece";
    readonly id: number;
    readonly record: number;
    readonly index: number;
    /** Whether to wait for it if it is still to be written. */
    readonly waits: boolean;
  }
  /** To take out what a purge names, or mark it stale. */
  | { readonly kind: "purge"; readonly id: number; readonly purge: TierPurge };

/** What large content is going to be. */
export interface Announced {
  /** As `writeRecord` writes it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tags: readonly string[];
}

/** A record, perhaps without its content. */
export interface FoundRecord {
  /** Its number. */
  readonly record: number;
  /**
   * Its sections as `writeRecord` writes them, but for key and tags: one message has fewer
   * parts then, each of which costs.
   */
  readonly sections: Uint8Array;
  /** Its content; undefined if it is in the sections, or to be asked for. */
  readonly content: Uint8Array<ArrayBuffer> | undefined;
  /** Whether its content is here at all. */
  readonly hasContent: boolean;
  /** Whether the content is asked for piece by piece. */
  readonly isLarge: boolean;
  readonly isMarkedStale: boolean;
}

/** What has become of a piece of large content: there was no room for it, or it is written, and perhaps read by others. */
export const WRITTEN = { Not: 0, Alone: 1, AndFollowed: 2 } as const;

/** What the thread answers. */
export type DiskAnswer =
  | {
    readonly kind: "found";
    readonly id: number;
    /** The youngest first. */
    readonly records: readonly FoundRecord[];
  }
  /** Undefined if it is gone, or damaged. */
  | {
    readonly kind: "content";
    readonly id: number;
    readonly content: Uint8Array<ArrayBuffer> | undefined;
  }
  /** The piece has not been written yet. */
  | { readonly kind: "coming"; readonly id: number }
  /** The number of what is going to be written. */
  | { readonly kind: "begun"; readonly id: number; readonly record: number }
  /** It is done; the number is that of records that a purge has hit, or one of {@linkcode WRITTEN}. */
  | { readonly kind: "done"; readonly id: number; readonly count: number }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

/** From the thread that starts it. */
export type ToDiskThread =
  | {
    readonly kind: "open";
    /** The folder: only this process uses it. */
    readonly path: string;
    /** What all of it may take, in bytes. */
    readonly bytesMax: number;
    /** Whether to wait until another process lets it go. */
    readonly waits: boolean;
    /** The number of the first record that is put there, at least: memory may know of earlier ones. */
    readonly firstId: number;
    /** Whether what is there is forgotten: it may be something that was purged meanwhile. */
    readonly forgets: boolean;
  }
  /** A worker that will ask by this port. */
  | { readonly kind: "port"; readonly port: MessagePort }
  | { readonly kind: "resize"; readonly bytesMax: number }
  | { readonly kind: "close" };

/** To those who ask: the port by which they ask from now on; null while the thread is gone. */
export type DiskRenewal = MessagePort | null;

/** What the cache on disk holds. */
export interface DiskFacts {
  readonly records: number;
  readonly bytes: number;
  /** What they may take. */
  readonly bytesMax: number;
  /** Since it was opened. */
  readonly evictions: number;
  /** Records that were found damaged. */
  readonly damaged: number;
  /** The number of the next record. */
  readonly nextId: number;
}

/** To the thread that started it. */
export type FromDiskThread =
  | { readonly kind: "opened"; readonly facts: DiskFacts }
  | { readonly kind: "refused"; readonly message: string }
  /** It cannot be opened just now, which is no fault of the configuration's. */
  | { readonly kind: "troubled"; readonly message: string }
  | { readonly kind: "facts"; readonly facts: DiskFacts }
  /** Something that the operator is told. */
  | { readonly kind: "event"; readonly text: string }
  /** What a crash had left is gone. */
  | { readonly kind: "swept" }
  | { readonly kind: "closed" };
