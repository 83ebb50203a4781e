/** A proxy that goes by a configuration file, with its log. */

import { assemble } from "../../lib/config/assemble.ts";
import type { TestClock } from "./clock.ts";
import { resolvedFrom } from "./memory_disk.ts";
import type { Message } from "./peer.ts";
import { exchange, get, Proxy } from "./proxy.ts";

/** See the module's comment. */
export class ConfigSite implements AsyncDisposable {
  readonly proxy: Proxy;

  private constructor(proxy: Proxy) {
    this.proxy = proxy;
  }

  /**
   * Starts with a configuration file that holds this value.
   *
   * @param files Files that it names, by path: that they are there is checked.
   */
  static async start(
    config: unknown,
    clock?: TestClock,
    files: readonly string[] = [],
    ...flags: readonly string[]
  ): Promise<ConfigSite> {
    const upstream = "http://127.0.0.1:1";
    const all = ["--log-format", "json", ...flags];
    const proxy = clock === undefined
      ? await Proxy.start(upstream, ...all)
      : await Proxy.startAt(clock, upstream, ...all);
    const site = new ConfigSite(proxy);
    try {
      await site.reload(config, files);
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
    return site;
  }

  /** Goes by another file from now on. */
  async reload(config: unknown, files: readonly string[] = []): Promise<void> {
    const disk = Object.fromEntries(files.map((path) => [path, ""]));
    const assembled = assemble(await resolvedFrom(config, disk), {
      certificates: String,
      text: String,
    });
    await this.proxy.replaceWith(({ listen, log }) => ({
      ...assembled,
      listen,
      log: { ...log, format: "json" },
    }));
  }

  /** The response to a GET. */
  async get(target: string, ...fields: readonly string[]): Promise<Message> {
    return await exchange(this.proxy, get(target, ...fields));
  }

  /** The response to a request without content, by its method. */
  async ask(
    method: string,
    target: string,
    ...fields: readonly string[]
  ): Promise<Message> {
    const text = get(target, ...fields).replace(/^GET/, method);
    return await exchange(this.proxy, text, method === "HEAD");
  }

  /** The next line of the log. */
  async logged(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.proxy.nextLogLine());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }
}
