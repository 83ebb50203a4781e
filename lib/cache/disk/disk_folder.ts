/**
 * The folder of the cache on disk, as the main thread has it: it starts the thread that
 * keeps it, and starts it again should it end.
 */

import { type Clock, SystemClock } from "../../net/clock.ts";
import { ADMISSION_BYTES, droppedIn } from "./admission.ts";
import type {
  DiskFacts,
  DiskRenewal,
  FromDiskThread,
  ToDiskThread,
} from "./disk_messages.ts";
import { DiskTier } from "./disk_tier.ts";

type OpenOrder = Extract<ToDiskThread, { readonly kind: "open" }>;

/** How long it takes until a thread that has ended is started again, in ms: at first, and at most. */
const RESTART_MS = 500;
const RESTART_MS_MAX = 60_000;
/** A thread that has lived for so long is started again as soon as the first one was, in ms. */
const LIVED_MS = 300_000;
/** More records than a thread can have put there since it last told their number. */
const UNTOLD_RECORDS = 1_000_000;

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

/** By what a worker asks for what is on disk: plain data, but for the ports, which are transferred. */
export interface DiskLink {
  readonly port: MessagePort;
  /** By which it is told of other ports: see {@linkcode DiskRenewal}. */
  readonly renewals: MessagePort;
  /** Which responses were asked for: all workers share it. */
  readonly seen: SharedArrayBuffer;
  readonly admit: number;
  readonly objectBytesMax: number;
}

/** The tier of a worker. */
export function diskTier(
  { port, renewals, seen, admit: at, objectBytesMax }: DiskLink,
  clock: Clock,
): DiskTier {
  const admission = { seen: new Int32Array(seen), at };
  return new DiskTier({ port, renewals }, admission, objectBytesMax, clock);
}

/** What a folder is opened with besides. */
export interface DiskSurroundings {
  /**
   * Whether to go on without it until another process lets it go: the one whose place
   * this one takes.
   */
  readonly waits?: boolean;
  /** Whether what another process has left there is forgotten; what this one puts there is not. */
  readonly forgets?: boolean;
  /** Tells the operator what becomes of it. */
  readonly tell?: (text: string) => void;
  readonly clock?: Clock;
  /** What the thread runs. */
  readonly script?: URL;
}

/** See the module's comment. */
export class DiskFolder {
  readonly #options: DiskOptions;
  readonly #tell: (text: string) => void;
  readonly #clock: Clock;
  readonly #script: URL;
  readonly #seen = new SharedArrayBuffer(ADMISSION_BYTES);
  #thread: Worker | undefined;
  #startedMs = 0;
  #restartMs = RESTART_MS;
  #cancelRestart = (): void => {};
  /** Where workers hear of another port. */
  readonly #renewals: MessagePort[] = [];
  readonly #opened = Promise.withResolvers<void>();
  #hasOpened = false;
  /** Whether it has been told that it goes on without. */
  #isTroubled = false;
  #isClosing = false;
  readonly #swept = Promise.withResolvers<void>();
  #closed = Promise.withResolvers<void>();
  #facts: DiskFacts;
  #bytesMax: number;

  private constructor(
    options: DiskOptions,
    {
      waits = false,
      forgets = false,
      tell = (): void => {},
      clock = new SystemClock(),
      script = new URL("./disk_thread.ts", import.meta.url),
    }: DiskSurroundings,
  ) {
    this.#options = options;
    this.#tell = tell;
    this.#clock = clock;
    this.#script = script;
    const { bytesMax } = options;
    this.#bytesMax = bytesMax;
    const nothing = { records: 0, bytes: 0, evictions: 0, damaged: 0 };
    this.#facts = { ...nothing, bytesMax, nextId: 1 };
    this.#start({ waits, firstId: 1, forgets });
  }

  /**
   * Opens a folder; it is made if there is none. If its disk is full, broken or read-only,
   * it is opened once that is over.
   *
   * @throws {Error} A line for the operator: why it cannot be used.
   */
  static async open(
    options: DiskOptions,
    around: DiskSurroundings = {},
  ): Promise<DiskFolder> {
    const folder = new DiskFolder(options, around);
    const { promise } = folder.#opened;
    const { waits = false, tell = (): void => {} } = around;
    if (waits) promise.then(() => tell("it is ours now"), tellError(tell));
    else await promise;
    return folder;
  }

  #start(how: Pick<OpenOrder, "waits" | "firstId" | "forgets">): void {
    const thread = new Worker(this.#script, { type: "module", name: "disk" });
    this.#thread = thread;
    this.#startedMs = this.#clock.monotonic();
    thread.onmessage = ({ data }: MessageEvent<FromDiskThread>) => {
      if (this.#thread === thread) this.#take(data);
    };
    thread.onerror = (event) => {
      event.preventDefault(); // it is not the end of the program
      if (this.#thread === thread) this.#end(event.message);
    };
    const { path } = this.#options;
    const bytesMax = this.#bytesMax;
    this.#send({ kind: "open", path, bytesMax, ...how });
  }

  /** What it holds, as of the last second. */
  get facts(): DiskFacts {
    return this.#facts;
  }

  /** How many records should have been written, and were not. */
  get dropped(): number {
    return droppedIn(this.#seen);
  }

  /** Resolves once what a crash had left there is gone. */
  get swept(): Promise<void> {
    return this.#swept.promise;
  }

  /** What one more worker asks by. */
  link(): DiskLink {
    const { port1, port2 } = new MessageChannel();
    this.#renewals.push(port1);
    const { admit, objectBytesMax } = this.#options;
    return {
      port: this.#connect(),
      renewals: port2,
      seen: this.#seen,
      admit,
      objectBytesMax,
    };
  }

  /** A port to the thread. */
  #connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#send({ kind: "port", port: port1 }, [port1]);
    return port2;
  }

  /** Goes by another bound. */
  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax;
    this.#send({ kind: "resize", bytesMax });
  }

  /** Writes what is left, and lets the folder go. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelRestart();
    if (this.#thread === undefined) this.#closed.resolve();
    this.#send({ kind: "close" });
    await this.#closed.promise;
    for (const port of this.#renewals) port.close();
    this.#thread?.terminate();
  }

  #take(message: FromDiskThread): void {
    switch (message.kind) {
      case "opened":
        if (this.#isTroubled) this.#tell("it works now");
        this.#isTroubled = false;
        this.#facts = message.facts;
        this.#hasOpened = true;
        return this.#opened.resolve();
      case "troubled":
        this.#isTroubled = this.#hasOpened = true;
        this.#tell(`${message.message}; requests go on without it`);
        return this.#opened.resolve();
      case "facts":
        this.#facts = message.facts;
        return;
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

  /** The thread has ended, or cannot use the folder: another one tries, later, unless none ever could. */
  #end(why: string): void {
    this.#thread?.terminate();
    this.#thread = undefined;
    this.#closed.resolve();
    if (!this.#hasOpened) this.#opened.reject(new Error(why));
    if (!this.#hasOpened || this.#isClosing) return;
    const hasLived = this.#clock.monotonic() - this.#startedMs >= LIVED_MS;
    const afterMs = hasLived ? RESTART_MS : this.#restartMs;
    this.#restartMs = Math.min(2 * afterMs, RESTART_MS_MAX);
    this.#tell(
      `${why}; requests go on without it, and it is tried again in ${
        afterMs / 1000
      } s`,
    );
    this.#isTroubled = true;
    this.#renew(() => null);
    this.#cancelRestart = this.#clock.after(afterMs, () => this.#restart());
  }

  #restart(): void {
    this.#closed = Promise.withResolvers();
    // The folder may not be free at once.
    const firstId = this.#facts.nextId + UNTOLD_RECORDS;
    this.#start({ waits: true, firstId, forgets: false });
    this.#renew(() => this.#connect());
  }

  /** Tells workers by what they ask from now on. */
  #renew(make: () => DiskRenewal): void {
    for (const renewals of this.#renewals) {
      const port = make();
      renewals.postMessage(port, port === null ? [] : [port]);
    }
  }

  #send(message: ToDiskThread, transfer: Transferable[] = []): void {
    this.#thread?.postMessage(message, transfer);
  }
}

function tellError(tell: (text: string) => void): (error: Error) => void {
  return ({ message }) => tell(message);
}
