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
  line: LogLine | undefined;
}

/** What is used of a line of the access log in JSON. */
export interface LogLine {
  readonly uri?: string;
  readonly status: number;
  readonly error?: string;
  readonly upstream?: unknown;
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
  readonly #entries: Entry[] = [];
  readonly #strays: string[] = [];

  /** Enters a request that is about to be sent; returns its number. */
  open(kind: Kind): number {
    this.#entries.push({
      kind,
      outcome: undefined,
      status: 0,
      originCount: 0,
      lineCount: 0,
      line: undefined,
    });
    return this.#entries.length - 1;
  }

  /** Enters how a request ended for its sender; `status` is 0 if it saw none. */
  close(id: number, outcome: Outcome, status: number): void {
    const entry = this.#entries[id]!;
    entry.outcome = outcome;
    entry.status = status;
  }

  /** How many requests there are so far. */
  get count(): number {
    return this.#entries.length;
  }

  /** Enters that the origin has read a request. */
  arrived(target: string): void {
    const entry = this.#entryOf(target, "the origin");
    if (entry !== undefined) entry.originCount++;
  }

  /** Enters a line of the access log. */
  logged(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text);
    } catch {
      this.#strays.push(`the log: ${text}`);
      return;
    }
    const entry = this.#entryOf(line.uri ?? "", "the log");
    if (entry === undefined) return;
    entry.lineCount++;
    entry.line = line;
  }

  /** The request that a target ends with the number of. */
  #entryOf(target: string, where: string): Entry | undefined {
    const entry = this.#entries[Number(/\d+$/.exec(target)?.[0])];
    if (entry === undefined) this.#strays.push(`${where}: ${target}`);
    return entry;
  }

  /** Compares what the three say; to be called when the program has ended. */
  balance(): Balance {
    const tally = new Map<string, Record<Outcome, number>>();
    const faults = this.#strays.map((stray) => `never sent, but in ${stray}`);
    const sums = { ended: 0, lines: 0, hits: 0, requests: 0, twice: 0 };
    for (const [id, entry] of this.#entries.entries()) {
      const { kind, outcome, originCount, lineCount, line } = entry;
      let row = tally.get(kind.name);
      if (row === undefined) tally.set(kind.name, row = emptyRow());
      if (outcome !== undefined) {
        row[outcome]++;
        sums.ended++;
      }
      sums.lines += lineCount;
      if (line?.cache?.result.startsWith("hit")) sums.hits++;
      if (originCount > 0) sums.requests++;
      if (originCount > 1) sums.twice++;
      const fault = faultOf(entry);
      if (fault !== undefined) faults.push(`${kind.name} ${id}: ${fault}`);
    }
    return {
      tally,
      sent: this.#entries.length,
      ended: sums.ended,
      lines: sums.lines,
      hits: sums.hits,
      originRequests: sums.requests,
      originTwice: sums.twice,
      faults,
    };
  }
}

function emptyRow(): Record<Outcome, number> {
  return { answered: 0, refused: 0, broken: 0, left: 0, wrong: 0 };
}

/** What does not agree about one request; undefined if all does. */
function faultOf(entry: Entry): string | undefined {
  const { kind, outcome, status, originCount, lineCount, line } = entry;
  if (outcome === undefined) return "has no outcome";
  if (outcome === "wrong") return "is wrong";
  if (originCount > kind.originMax) {
    return `reached the origin ${originCount} times`;
  }
  if (lineCount !== 1 || line === undefined) {
    return `${outcome}, but has ${lineCount} log lines`;
  }
  const wasAsked = line.upstream !== undefined;
  if (kind.reachesOrigin && wasAsked && originCount === 0) {
    return "was answered by the origin, which never saw it";
  }
  if (outcome === "answered") {
    if (kind.reachesOrigin && !wasAsked) return "was not asked of the origin";
    if (line.status !== status) {
      return `${status}, but ${line.status} in the log`;
    }
    if (line.error !== undefined) return `whole, but ${line.error} in the log`;
  }
  if (outcome === "refused" && line.status !== status) {
    return `${status}, but ${line.status} in the log`;
  }
  if (outcome === "broken" && line.error === undefined) {
    return "broken off, but whole in the log";
  }
  return undefined;
}
