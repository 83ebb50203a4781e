/** The folder of the cache on disk, as the main thread has it: it starts the thread that keeps it. */

import type { Clock } from "../../net/clock.ts";
import { ADMISSION_BYTES } from "./admission.ts";
import type {
  DiskFacts,
  FromDiskThread,
  ToDiskThread,
} from "./disk_messages.ts";
import { DiskTier } from "./disk_tier.ts";

/** What a cache on disk may hold. */
export interface DiskOptions {
  /** Its folder. */
  readonly path: string;
  /** What all of it may take, in bytes. */
  readonly bytesMax: number;
  /** For the content of one response. */
  readonly objectBytesMax: number;
  /** At which request a response is stored. */
  readonly admit: number;
}

/** By what a worker asks for what is on disk: plain data, but for the port, which is transferred. */
export interface DiskLink {
  readonly port: MessagePort;
  /** Which responses were asked for: all workers share it. */
  readonly seen: SharedArrayBuffer;
  readonly admit: number;
  readonly objectBytesMax: number;
}

/** The tier of a worker. */
export function diskTier(
  { port, seen, admit: at, objectBytesMax }: DiskLink,
  clock: Clock,
): DiskTier {
  const admission = { seen: new Int32Array(seen), at };
  return new DiskTier(port, admission, objectBytesMax, clock);
}

/** See the module's comment. */
export class DiskFolder {
  readonly #options: DiskOptions;
  readonly #tell: (text: string) => void;
  readonly #seen = new SharedArrayBuffer(ADMISSION_BYTES);
  readonly #thread: Worker;
  readonly #opened = Promise.withResolvers<void>();
  #hasOpened = false;
  readonly #swept = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #facts: DiskFacts;

  private constructor(
    options: DiskOptions,
    waits: boolean,
    tell: (text: string) => void,
  ) {
    this.#options = options;
    this.#tell = tell;
    const { bytesMax } = options;
    this.#facts = { records: 0, bytes: 0, bytesMax, evictions: 0, damaged: 0 };
    this.#thread = new Worker(new URL("./disk_thread.ts", import.meta.url), {
      type: "module",
      name: "disk",
    });
    this.#thread.onmessage = ({ data }: MessageEvent<FromDiskThread>) =>
      this.#take(data);
    this.#thread.onerror = (event) => {
      event.preventDefault(); // it is not the end of the program
      this.#end(event.message);
    };
    const { path } = options;
    this.#send({ kind: "open", path, bytesMax, waits });
  }

  /**
   * Opens a folder; it is made if there is none.
   *
   * @param waits Whether to go on without it until another process lets it go: the one
   *   whose place this one takes.
   * @param tell Tells the operator what becomes of it.
   * @throws {Error} A line for the operator: why it cannot be used.
   */
  static async open(
    options: DiskOptions,
    waits = false,
    tell: (text: string) => void = () => {},
  ): Promise<DiskFolder> {
    const folder = new DiskFolder(options, waits, tell);
    const { promise } = folder.#opened;
    if (waits) promise.then(() => tell("it is ours now"), tellError(tell));
    else await promise;
    return folder;
  }

  /** What it holds, as of the last second. */
  get facts(): DiskFacts {
    return this.#facts;
  }

  /** Resolves once what a crash had left there is gone. */
  get swept(): Promise<void> {
    return this.#swept.promise;
  }

  /** What one more worker asks by. */
  link(): DiskLink {
    const { port1, port2 } = new MessageChannel();
    this.#send({ kind: "port", port: port1 }, [port1]);
    const { admit, objectBytesMax } = this.#options;
    return { port: port2, seen: this.#seen, admit, objectBytesMax };
  }

  /** Goes by another bound. */
  resize(bytesMax: number): void {
    this.#send({ kind: "resize", bytesMax });
  }

  /** Writes what is left, and lets the folder go. */
  async close(): Promise<void> {
    this.#send({ kind: "close" });
    await this.#closed.promise;
    this.#thread.terminate();
  }

  #take(message: FromDiskThread): void {
    switch (message.kind) {
      case "opened":
      case "facts":
        this.#facts = message.facts;
        this.#hasOpened = true;
        return this.#opened.resolve();
      case "refused":
        return this.#end(message.message);
      case "event":
        return this.#tell(message.text);
      case "swept":
        return this.#swept.resolve();
      case "closed":
        return this.#closed.resolve();
    }
  }

  /** It cannot be used, or not any more. */
  #end(why: string): void {
    if (this.#hasOpened) this.#tell(`${why}; nothing is kept until a restart`);
    this.#opened.reject(new Error(why));
    this.#closed.resolve();
  }

  #send(message: ToDiskThread, transfer: Transferable[] = []): void {
    this.#thread.postMessage(message, transfer);
  }
}

function tellError(tell: (text: string) => void): (error: Error) => void {
  return ({ message }) => tell(message);
}
