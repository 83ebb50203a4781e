/** A headless Chromium that a test drives by its DevTools protocol. */

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];
/** For a condition to hold, in ms: the machine may be busy. */
const UNTIL_MS = 60_000;
const LOOK_MS = 100;

/** The command of a Chromium; undefined if there is none. */
export async function chromium(): Promise<string | undefined> {
  for (const name of NAMES) {
    try {
      await new Deno.Command(name, { args: ["--version"], stdout: "null" })
        .output();
      return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

// deno-lint-ignore no-explicit-any -- the protocol is Chromium's
type Said = any;

/** A page that is open in a browser of its own. */
export class Page implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, PromiseWithResolvers<Said>>();
  #lastId = 0;
  /** What the console says is wrong, in the order in which it came. */
  readonly errors: string[] = [];

  private constructor(
    child: Deno.ChildProcess,
    profile: string,
    socket: WebSocket,
  ) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Starts a browser with an empty page. */
  static async open(command: string): Promise<Page> {
    const profile = await Deno.makeTempDir();
    const child = new Deno.Command(command, {
      args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const port = await portIn(child.stderr);
    const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
    const { webSocketDebuggerUrl: url } = targets.find((target: Said) =>
      target.type === "page"
    );
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.onopen = resolve);
    const page = new Page(child, profile, socket);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      await page.send(`${domain}.enable`);
    }
    return page;
  }

  /** Sends a command of the protocol. */
  async send(method: string, params: Said = {}): Promise<Said> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Said>();
    this.#answers.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return await answer.promise;
  }

  #take({ id, result, error, method, params }: Said): void {
    if (id !== undefined) {
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new Error(error.message));
    } else if (method === "Runtime.exceptionThrown") {
      const { text, exception } = params.exceptionDetails;
      this.errors.push(`${text} ${exception?.description ?? ""}`);
    } else if (method === "Log.entryAdded") {
      const { level, text, url } = params.entry;
      if (level === "error" || level === "warning") {
        this.errors.push(`${text} ${url ?? ""}`);
      }
    } else if (
      method === "Runtime.consoleAPICalled" &&
      (params.type === "error" || params.type === "warning")
    ) {
      this.errors.push(params.args.map((arg: Said) => arg.value).join(" "));
    }
  }

  /** Loads a page. */
  async go(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
    await this.until("document.readyState === 'complete'");
  }

  /** The value of an expression in the page. */
  async value(expression: string): Promise<Said> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails === undefined) return result.value;
    throw new Error(`${expression}: ${result.description}`);
  }

  /** Waits until an expression holds, whatever the page says meanwhile. */
  async until(expression: string): Promise<void> {
    const triesMax = UNTIL_MS / LOOK_MS;
    for (let tries = 0; tries < triesMax; tries++) {
      if (await this.value(expression).catch(() => false) === true) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new Error(
      `never: ${expression}\n${await this.value("document.body.innerText")}`,
    );
  }

  /** Shows the page on a screen of this size. */
  async resize(width: number, height: number, scale = 1): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: width < 600,
    });
  }

  /** Presses and releases a key. */
  async press(key: string, code: number): Promise<void> {
    for (const type of ["keyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", {
        type,
        key,
        code: key,
        windowsVirtualKeyCode: code,
        ...(key === "Enter" && type === "keyDown" ? { text: "\r" } : {}),
      });
    }
  }

  /** Writes a picture of the page. */
  async picture(path: string, isWhole = true): Promise<void> {
    const { data } = await this.send("Page.captureScreenshot", {
      captureBeyondViewport: isWhole,
    });
    await Deno.writeFile(path, Uint8Array.fromBase64(data));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }
}

/** Where the browser listens for who drives it. */
async function portIn(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  let text = "";
  const lines = stderr.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the browser did not start: ${text}`);
    text += value;
    const [, port] = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(text) ?? [];
    if (port === undefined) continue;
    reader.releaseLock();
    lines.pipeTo(new WritableStream()).catch(() => {}); // nobody reads on
    return Number(port);
  }
}
