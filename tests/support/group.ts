/** A proxy before a group of servers, by a configuration as a file has it. */

import { assemble } from "../../lib/config/assemble.ts";
import type { Config } from "../../lib/config/config.ts";
import { fatal } from "../../lib/config/load.ts";
import type { TestClock } from "./clock.ts";
import { loadText } from "./memory_disk.ts";
import { ok, Origin } from "./origin.ts";
import type { Message } from "./peer.ts";
import { Proxy } from "./proxy.ts";

/** What a file's configuration makes of one from flags: its hosts and upstreams. */
async function changeOf(file: object): Promise<(config: Config) => Config> {
  const { config: resolved, problems } = await loadText(file);
  const [problem] = fatal(problems);
  if (resolved === undefined || problem !== undefined) {
    throw new Error(problem?.message ?? "It cannot be read");
  }
  const { upstreams, hosts, fallback } = assemble(resolved, {
    certificates: String,
    text: String,
  });
  return (config) => ({
    ...config,
    upstreams,
    hosts,
    fallback,
    drainMs: 100,
    log: { ...config.log, format: "json" },
  });
}

/** Has a proxy go by the hosts and upstreams of a file's configuration. */
export async function useFile(proxy: Proxy, file: object): Promise<void> {
  await proxy.replaceWith(await changeOf(file));
}

/** A proxy before one upstream, called `app`, and others. */
export async function groupProxy(
  app: object,
  { workers = 1, upstreams = {}, route = {}, clock }: {
    readonly workers?: number;
    /** Its time, if it has one worker. */
    readonly clock?: TestClock;
    readonly upstreams?: object;
    readonly route?: object;
  } = {},
): Promise<Proxy> {
  const flags = ["http://127.0.0.1:9", "--workers", String(workers)] as const;
  const proxy = clock === undefined
    ? await Proxy.start(...flags)
    : await Proxy.startAt(clock, ...flags);
  await useFile(proxy, {
    upstreams: { app, ...upstreams },
    hosts: { "*": { proxy: "app", ...route } },
  });
  return proxy;
}

/** An origin that answers with its name, and remembers what it was asked. */
export class NamedOrigin implements AsyncDisposable {
  readonly origin: Origin;
  readonly asked: Message[] = [];
  /** What it answers with. */
  answer: (request: Message) => string | Promise<string>;

  constructor(name: string, port = 0) {
    this.answer = () => ok(name, "Cache-Control: no-store");
    this.origin = Origin.answering((request) => {
      this.asked.push(request);
      const answer = this.answer(request);
      return Promise.resolve(answer);
    }, port);
  }

  get url(): string {
    return this.origin.url;
  }

  /** Resolves once it has been asked so often. */
  async hasBeenAsked(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.origin[Symbol.asyncDispose]();
  }
}
