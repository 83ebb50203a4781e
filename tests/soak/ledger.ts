/**
 * The books of a soak: each request has a number, and its sender, the origin and the
 * access log each say what became of it. In the end the three must agree.
 */

/**
 * How a request ended for its sender: with the right answer; with the error status
 * that a planned fault brings; visibly broken off; by the sender's own leaving; or in
 * a way that no planned fault explains.
 */
export type Outcome = "answered" | "refused" | "broken" | "left" | "wrong";

/** Every outcome, in the order of the report. */
export const OUTCOMES: readonly Outcome[] = [
  "answered",
  "refused",
  "broken",
  "left",
  "wrong",
];

/** What is expected of requests of one kind. */
export interface Kind {
  readonly name: string;
  /** How often the origin may see one: twice if it may be sent again. */
  readonly originMax: number;
  /** Whether the origin must have seen one that was answered: nothing is stored. */
  readonly reachesOrigin: boolean;
}

interface Entry {
  readonly kind: Kind;
  outcome: Outcome | undefined;
  status: number;
  originCount: number;
  lineCount: number;
  /** What the last line says: status, error, whether the origin was asked. */
  loggedStatus: number;
  loggedError: string | undefined;
  wasAsked: boolean;
}

/** How many requests stay open to what comes late; those before are settled, to bound the memory. */
const WINDOW = 100_000;

/** What is used of a line of the access log in JSON. */
export interface LogLine {
  readonly uri?: string;
  readonly status: number;
  readonly error?: string;
  /** Its time to the head of a response is there if there was one. */
  readonly upstream?: { readonly ttfb?: number };
  readonly cache?: { readonly result: string };
}

/** What the books say. */
export interface Balance {
  /** Requests by kind and outcome. */
  readonly tally: ReadonlyMap<string, Readonly<Record<Outcome, number>>>;
  readonly sent: number;
  /** Requests with an outcome; the same as `sent` if all is well. */
  readonly ended: number;
  readonly lines: number;
  /** Lines that say that the answer came from memory. */
  readonly hits: number;
  /** Requests that the origin saw, and how many of them twice. */
  readonly originRequests: number;
  readonly originTwice: number;
  /** What does not agree; empty if all is well. */
  readonly faults: readonly string[];
}

/** See the module's comment. */
export class Ledger {
  /** By number; those below `#settled` only if they had no end when their time came. */
  readonly #entries = new Map<number, Entry>();
  readonly #tally = new Map<string, Record<Outcome, number>>();
  readonly #faults: string[] = [];
  #sent = 0;
  #settled = 0;
  #ended = 0;
  #lines = 0;
  #hits = 0;
  #originRequests = 0;
  #originTwice = 0;

  /** Enters a request that is about to be sent; returns its number. */
  open(kind: Kind): number {
    const id = this.#sent++;
    this.#entries.set(id, {
      kind,
      outcome: undefined,
      status: 0,
      originCount: 0,
      lineCount: 0,
      loggedStatus: 0,
      loggedError: undefined,
      wasAsked: false,
    });
    if (id - this.#settled >= WINDOW) this.#settleNext();
    return id;
  }

  /** Enters how a request ended for its sender; `status` is 0 if it saw none. */
  close(id: number, outcome: Outcome, status: number): void {
    const entry = this.#entries.get(id)!;
    entry.outcome = outcome;
    entry.status = status;
  }

  /** How many requests there are so far. */
  get count(): number {
    return this.#sent;
  }

  /** Enters that the origin has read a request. */
  arrived(target: string): void {
    const entry = this.#entryOf(target, "the origin");
    if (entry === undefined) return;
    entry.originCount++;
    if (entry.originCount === 1) this.#originRequests++;
    if (entry.originCount === 2) this.#originTwice++;
  }

  /** Enters a line of the access log. */
  logged(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text);
    } catch {
      this.#faults.push(`never sent, but in the log: ${text}`);
      return;
    }
    const entry = this.#entryOf(line.uri ?? "", "the log");
    if (entry === undefined) return;
    this.#lines++;
    if (line.cache?.result.startsWith("hit")) this.#hits++;
    entry.lineCount++;
    entry.loggedStatus = line.status;
    entry.loggedError = line.error;
    entry.wasAsked = line.upstream?.ttfb !== undefined;
  }

  /** The request that a target ends with the number of. */
  #entryOf(target: string, where: string): Entry | undefined {
    const entry = this.#entries.get(Number(/\d+$/.exec(target)?.[0]));
    if (entry === undefined) {
      this.#faults.push(`never sent, but in ${where}: ${target}`);
    }
    return entry;
  }

  /** Settles the oldest request, unless it is still under way: then it waits for the balance. */
  #settleNext(): void {
    const id = this.#settled++;
    const { outcome, lineCount } = this.#entries.get(id)!;
    if (outcome !== undefined && lineCount > 0) this.#settle(id);
  }

  #settle(id: number): void {
    const entry = this.#entries.get(id)!;
    this.#entries.delete(id);
    const { kind, outcome } = entry;
    let row = this.#tally.get(kind.name);
    if (row === undefined) this.#tally.set(kind.name, row = emptyRow());
    if (outcome !== undefined) {
      row[outcome]++;
      this.#ended++;
    }
    const fault = faultOf(entry);
    if (fault !== undefined) this.#faults.push(`${kind.name} ${id}: ${fault}`);
  }

  /** Compares what the three say; to be called when the program has ended. */
  balance(): Balance {
    for (const id of [...this.#entries.keys()]) this.#settle(id);
    return {
      tally: this.#tally,
      sent: this.#sent,
      ended: this.#ended,
      lines: this.#lines,
      hits: this.#hits,
      originRequests: this.#originRequests,
      originTwice: this.#originTwice,
      faults: this.#faults,
    };
  }
}

function emptyRow(): Record<Outcome, number> {
  return { answered: 0, refused: 0, broken: 0, left: 0, wrong: 0 };
}

/** What does not agree about one request; undefined if all does. */
function faultOf(entry: Entry): string | undefined {
  const { kind, outcome, status, originCount, lineCount } = entry;
  const { loggedStatus, loggedError, wasAsked } = entry;
  if (outcome === undefined) return "has no outcome";
  if (outcome === "wrong") return "is wrong";
  if (originCount > kind.originMax) {
    return `reached the origin ${originCount} times`;
  }
  if (lineCount !== 1) return `${outcome}, but has ${lineCount} log lines`;
  if (kind.reachesOrigin && wasAsked && originCount === 0) {
    return "was answered by the origin, which never saw it";
  }
  const isWhole = outcome === "answered";
  if (isWhole && kind.reachesOrigin && !wasAsked) {
    return "was not asked of the origin";
  }
  if ((isWhole || outcome === "refused") && loggedStatus !== status) {
    return `${status}, but ${loggedStatus} in the log`;
  }
  if (isWhole && loggedError !== undefined) {
    return `whole, but ${loggedError} in the log`;
  }
  if (outcome === "broken" && loggedError === undefined) {
    return "broken off, but whole in the log";
  }
  return undefined;
}
