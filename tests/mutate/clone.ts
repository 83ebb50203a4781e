/** A copy of the project in a temporary folder: faults are put there, never where people work. */

/** What sets a colour of a terminal. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** How a command ended. */
export interface Outcome {
  /** Undefined if it was ended because it was silent, or ran, for too long. */
  readonly code: number | undefined;
  /** What it printed, without colours. */
  readonly output: string;
  /** How long it ran. */
  readonly ms: number;
}

/** See the module's comment. */
export class Clone implements Disposable {
  readonly folder: string;
  readonly #through: readonly string[];

  private constructor(folder: string, through: readonly string[]) {
    this.folder = folder;
    this.#through = through;
  }

  /**
   * Copies what is under version control, or would be: also what is not committed yet.
   * What runs in the copy is started by the command `through`, such as `nice -n 5`.
   */
  static async of(
    root: string,
    through: readonly string[] = [],
  ): Promise<Clone> {
    const { stdout, success } = await new Deno.Command("git", {
      args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      cwd: root,
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("git cannot tell the files of the project");
    const clone = new Clone(
      await Deno.makeTempDir({ prefix: "sluice-mutate-" }),
      through,
    );
    for (const path of new TextDecoder().decode(stdout).split("\0")) {
      const source = `${root}/${path}`;
      if (path === "" || !isFile(source)) continue;
      const target = `${clone.folder}/${path}`;
      const folder = target.slice(0, target.lastIndexOf("/"));
      await Deno.mkdir(folder, { recursive: true });
      await Deno.copyFile(source, target);
    }
    return clone;
  }

  read(path: string): string {
    return Deno.readTextFileSync(`${this.folder}/${path}`);
  }

  write(path: string, text: string): void {
    Deno.writeTextFileSync(`${this.folder}/${path}`, text);
  }

  /** The paths of all files in a folder, and below it, that end so. */
  files(folder: string, ending: string): string[] {
    const found: string[] = [];
    for (const { name, isDirectory } of this.#entries(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) found.push(...this.files(path, ending));
      else if (name.endsWith(ending)) found.push(path);
    }
    return found;
  }

  #entries(folder: string): Deno.DirEntry[] {
    return [...Deno.readDirSync(`${this.folder}/${folder}`)]
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * Runs `deno` in the clone until it has been silent for `silenceMs`, or has run for
   * `totalMs`; all that it started ends with it. If a command starts it, which may wait
   * for its turn, time counts from the first thing that is printed.
   */
  async deno(
    args: readonly string[],
    silenceMs: number,
    totalMs: number,
    env: Record<string, string> = {},
  ): Promise<Outcome> {
    const [command, ...rest] = [...this.#through, Deno.execPath(), ...args];
    const child = new Deno.Command(command!, {
      args: rest,
      cwd: this.folder,
      // With NO_COLOR, what chooses colours is not seen; it may not be in the environment either.
      env: { ...env, NO_COLOR: "" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true, // a group of its own, which can be ended as a whole
    }).spawn();
    let startMs = performance.now();
    let isLate = false;
    const late = (): void => {
      isLate = true;
      endGroup(child.pid);
    };
    let end: ReturnType<typeof setTimeout> | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const notice = (): void => {
      if (isLate) return;
      if (end === undefined) {
        startMs = performance.now();
        end = setTimeout(late, totalMs);
      }
      clearTimeout(timer);
      timer = setTimeout(late, silenceMs);
    };
    if (this.#through.length === 0) notice();
    const pump = async (
      stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    ): Promise<string> => {
      let text = "";
      for await (const part of stream.pipeThrough(new TextDecoderStream())) {
        text += part;
        notice();
      }
      return text;
    };
    const [out, err, { code }] = await Promise.all([
      pump(child.stdout),
      pump(child.stderr),
      child.status,
    ]);
    clearTimeout(timer);
    clearTimeout(end);
    endGroup(child.pid);
    return {
      code: isLate ? undefined : code,
      output: (out + err).replaceAll(COLOUR, ""),
      ms: Math.round(performance.now() - startMs),
    };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** Ends a process and all that it has started. */
function endGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // nothing is left of it
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
