/** A screen of its own on the terminal: drawn as a whole, and gone without a trace. */

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
/** Keys that leave, besides signals: q, Q, and Ctrl-C where it is a key. */
const LEAVING = new Set(["q", "Q", "\x03"]);

const encoder = new TextEncoder();

/** How large it is. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** See the module's comment. */
export class Terminal {
  readonly #lines: (size: Size) => readonly string[];
  readonly #redraw = (): void => this.draw();
  #isOpen = false;
  /** What goes before the next drawing. */
  #before = "";
  /** What is being drawn; a slow terminal misses what comes meanwhile. */
  #drawing: Promise<void> | undefined;

  /** @param lines What is on it: at most as many lines as it has rows. */
  constructor(lines: (size: Size) => readonly string[]) {
    this.#lines = lines;
  }

  /**
   * Takes the terminal.
   *
   * @param onLeave Is called when a key is pressed that leaves.
   */
  open(onLeave: () => void): void {
    this.#isOpen = true;
    this.#before = ENTER;
    if (Deno.build.os !== "windows") {
      Deno.addSignalListener("SIGWINCH", this.#redraw);
      Deno.addSignalListener("SIGCONT", this.#redraw);
    }
    if (Deno.stdin.isTerminal()) this.#readKeys(onLeave);
  }

  async #readKeys(onLeave: () => void): Promise<void> {
    // With cbreak, Ctrl-C and Ctrl-Z stay signals.
    Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
    const buffer = new Uint8Array(64);
    const decoder = new TextDecoder();
    for (;;) {
      const count = await Deno.stdin.read(buffer);
      if (count === null) return;
      const keys = decoder.decode(buffer.subarray(0, count));
      if ([...keys].some((key) => LEAVING.has(key))) return onLeave();
    }
  }

  /** Draws it anew. */
  draw(): void {
    if (!this.#isOpen || this.#drawing !== undefined) return;
    const lines = this.#lines(Deno.consoleSize());
    const text = lines.map((line) => line + CLEAR_LINE).join("\r\n");
    this.#write(this.#before + HOME + text + CLEAR_BELOW);
    this.#before = "";
  }

  #write(text: string): void {
    const before = this.#drawing;
    const drawing = (async () => {
      await before;
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) {
        at += await Deno.stdout.write(bytes.subarray(at));
      }
    })().catch(() => {}) // the terminal has gone: a signal says so, too
      .then(() => {
        if (this.#drawing === drawing) this.#drawing = undefined;
      });
    this.#drawing = drawing;
  }

  /** Gives it back as it was. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (Deno.stdin.isTerminal()) Deno.stdin.setRaw(false);
    this.#write(LEAVE);
    await this.#drawing;
  }
}
