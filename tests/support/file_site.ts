/** A folder of files, and a proxy that sends them. */

import type {
  Config,
  HandlerEntry,
  RouteEntry,
} from "../../lib/config/config.ts";
import type { FilesOptions } from "../../lib/handlers/files/options.ts";
import { START_MS, type TestClock } from "./clock.ts";
import type { Message } from "./peer.ts";
import { exchange, get, Proxy } from "./proxy.ts";

/** When files were changed that are not said to be younger: long before any test. */
export const OLD_MS = START_MS - 3_600_000;

/** Options as they are where nothing is said. */
export const DEFAULTS: FilesOptions = {
  root: "",
  index: ["index.html"],
  fallback: [],
  browse: false,
  precompressed: ["br", "gzip"],
  dotfiles: false,
  types: {},
};

/** A configuration with one route for everything. */
export function withHandler(
  handler: HandlerEntry,
  more: Partial<RouteEntry> = {},
): (config: Config) => Config {
  return (config) => {
    const { options } = config.hosts[0]!.routes[0]!;
    const route = { pattern: "/", handler, options, ...more };
    return { ...config, hosts: [{ names: ["*"], routes: [route] }] };
  };
}

/** A folder that is removed at the end. */
export class Folder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes one with these files; a name that ends with a slash is a folder. */
  static async with(
    files: Readonly<Record<string, string | Uint8Array>>,
  ): Promise<Folder> {
    const folder = new Folder(
      await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice_files" })),
    );
    for (const [name, content] of Object.entries(files)) {
      await folder.write(name, content);
    }
    return folder;
  }

  /** Writes a file that was changed at a time, in ms since the epoch. */
  async write(
    name: string,
    content: string | Uint8Array,
    changedMs: number = OLD_MS,
  ): Promise<void> {
    const path = `${this.path}/${name}`;
    const parent = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(parent, { recursive: true });
    if (name.endsWith("/")) return;
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else await Deno.writeFile(path, content);
    await this.touch(name, changedMs);
  }

  /** Sets when a file was changed. */
  async touch(name: string, changedMs: number): Promise<void> {
    const time = new Date(changedMs);
    await Deno.utime(`${this.path}/${name}`, time, time);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** See the module's comment. */
export class FileSite implements AsyncDisposable {
  readonly proxy: Proxy;
  readonly folder: Folder;

  private constructor(proxy: Proxy, folder: Folder) {
    this.proxy = proxy;
    this.folder = folder;
  }

  /** Sends these files from a folder below the one that is removed at the end. */
  static async start(
    files: Readonly<Record<string, string | Uint8Array>>,
    options: Partial<FilesOptions> = {},
    clock: TestClock | undefined = undefined,
  ): Promise<FileSite> {
    const folder = await Folder.with(files);
    const upstream = "http://127.0.0.1:1";
    const proxy = clock === undefined
      ? await Proxy.start(upstream)
      : await Proxy.startAt(clock, upstream);
    await proxy.replaceWith(
      withHandler({
        ...DEFAULTS,
        root: folder.path,
        ...options,
        kind: "files",
      }),
    );
    return new FileSite(proxy, folder);
  }

  /** The response to a GET. */
  async get(target: string, ...fields: string[]): Promise<Message> {
    return await exchange(this.proxy, get(target, ...fields));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Descriptors of this process that lead to a file; 0 where the system does not tell. */
export function openedTimes(path: string): number {
  if (Deno.build.os !== "linux") return 0;
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) === path) count++;
    } catch {
      // It was the one of this very search.
    }
  }
  return count;
}
