/**
 * Evaluates a configuration that is a module, in a thread of its own: it has no
 * permission but to import files (from source), and not forever.
 *
 * A fresh thread reads everything anew, so that a changed file counts. From source the
 * runtime imports the file; an executable cannot import what it does not hold, so there
 * the types are stripped and the text is the whole module.
 */

import { formatDuration } from "../config/units.ts";
import type { Clock } from "../net/clock.ts";
import type { FromModule, ToModule } from "./module_messages.ts";

/** Plain data needs a few ms; a module that waits for something has no place here. */
export const MODULE_TIMEOUT_MS = 10_000;

/**
 * What a module exports by default: plain data.
 *
 * @throws {Error} whose message says why there is none.
 */
export async function evaluateModule(
  path: string,
  clock: Clock,
  timeoutMs: number = MODULE_TIMEOUT_MS,
): Promise<unknown> {
  const inExecutable = Deno.build.standalone;
  const specifier = inExecutable
    ? await selfContained(path)
    : fileUrl(await Deno.realPath(path).catch(() => path));
  const answer = await ask({ specifier }, inExecutable, clock, timeoutMs);
  if (answer.kind === "value") return answer.value;
  throw new Error(worded(answer.message, path, specifier, inExecutable));
}

/** The module as a URL that holds all of it. */
export async function selfContained(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch((cause) => {
    throw new Error(`cannot read "${path}"`, { cause });
  });
  const code = /\.[cm]?ts$/.test(path) ? await withoutTypes(text) : text;
  return `data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`;
}

async function withoutTypes(text: string): Promise<string> {
  const { stripTypeScriptTypes } = await import("node:module");
  try {
    return stripTypeScriptTypes(text);
  } catch (error) {
    const [first] = (error as Error).message.split("\n");
    throw new Error(`this is not TypeScript: ${first}`, { cause: error });
  }
}

function fileUrl(path: string): string {
  const absolute = path.startsWith("/") || /^[A-Za-z]:/.test(path)
    ? path
    : `${Deno.cwd()}/${path}`;
  const slashed = absolute.replaceAll("\\", "/").replace(/^(?!\/)/, "/");
  return `file://${
    slashed.split("/").map(encodeURIComponent).join("/").replace(
      /^\/([A-Za-z])%3A/,
      "/$1:",
    )
  }`;
}

/** Asks a fresh thread; what has no answer in time counts as failed. */
async function ask(
  message: ToModule,
  inExecutable: boolean,
  clock: Clock,
  timeoutMs: number,
): Promise<FromModule> {
  const { promise, resolve } = Promise.withResolvers<FromModule>();
  const thread = new Worker(new URL("./module_thread.ts", import.meta.url), {
    type: "module",
    name: "configuration",
    deno: {
      permissions: inExecutable ? "none" : {
        read: "inherit",
        import: false,
        env: false,
        net: false,
        run: false,
        write: false,
        ffi: false,
        sys: false,
      },
    },
  });
  const cancel = clock.after(timeoutMs, () =>
    resolve({
      kind: "failed",
      message: `it has not ended after ${
        formatDuration(timeoutMs)
      }: a configuration is plain data`,
    }));
  thread.onmessage = ({ data }: MessageEvent<FromModule>) => resolve(data);
  thread.onerror = (event) => {
    event.preventDefault();
    resolve({ kind: "failed", message: event.message });
  };
  thread.postMessage(message);
  try {
    return await promise;
  } finally {
    cancel();
    thread.terminate();
  }
}

/** What the runtime says, with the file's name in place of a URL that holds all of it. */
function worded(
  message: string,
  path: string,
  specifier: string,
  inExecutable: boolean,
): string {
  const text = message.replaceAll(specifier, path)
    .replaceAll(/data:text\/javascript[^\s"']*/g, path)
    // deno-lint-ignore no-control-regex -- the runtime colours parts of its messages
    .replaceAll(/\x1b\[\d+m/g, "")
    .replace(/^(?:Uncaught )?(?:\(in promise\) )?(?:TypeError: )?/, "");
  const [first = ""] = text.split("\n");
  const [, imported] = /^Import "([^"]*)" not a dependency/.exec(first) ?? [];
  if (imported !== undefined) {
    const why = inExecutable
      ? "the executable reads one file only"
      : "which cannot be found";
    return `it imports "${imported}": ${why}; import types with "import type"`;
  }
  const where = /:(\d+):(\d+)\s*$/.exec(text);
  return where === null || first.includes(`:${where[1]}:${where[2]}`)
    ? first
    : `${first} (line ${where[1]}, column ${where[2]})`;
}
