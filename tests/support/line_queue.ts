/** The lines of a log, as a test reads them: one by one, as they come. */

const decoder = new TextDecoder("latin1");

/** Lines as they arrive, for who waits for them. */
export class LineQueue {
  #rest = "";
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];

  /** Takes what has arrived: lines, and the beginning of another. */
  push(bytes: Uint8Array): void {
    const lines = (this.#rest + decoder.decode(bytes)).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#lines.push(line);
      else waiting(line);
    }
  }

  /** The next line, once it is there. */
  async next(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return line;
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }
}
