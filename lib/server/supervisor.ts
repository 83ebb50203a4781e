/**
 * The main thread when there are several workers: it starts them, writes their logs,
 * restarts one that crashes, and stops them. It serves no client itself.
 *
 * Each worker listens on the same port (`SO_REUSEPORT`), and the system distributes
 * the connections. Limits on connections are divided among the workers; they share
 * one cache.
 */

import { STOPS, UnavailableError } from "../admin/administered.ts";
import type { Config } from "../config/config.ts";
import { type ListenAddress, type SocketAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { LAST_WRITE_MS, type LogSink } from "../observe/access_log.ts";
import { flushEvents, logEvent, tellEvent } from "../observe/event_log.ts";
import type { LiveTraces } from "../observe/live_traces.ts";
import { Incidents } from "../observe/incidents.ts";
import { settlesWithin } from "../observe/settles_within.ts";
import { assertFree, nextAddresses } from "./worker_addresses.ts";
import {
  type Asked,
  OpenQuestions,
  type Question,
  type Questions,
} from "./questions.ts";
import type { TierFacts } from "../observe/metrics/snapshot.ts";
import type { Metrics } from "./metrics.ts";
import type { Behind } from "./behind.ts";
import { sharedTier } from "./tier_facts.ts";
import type { UpstreamMemories } from "./upstream_memory.ts";
import { WorkersMemory } from "./workers_memory.ts";
import { type Member, post, untilDeaf } from "./member.ts";
import { reloadable, shareOf } from "./worker_share.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** A worker that crashes this soon after its start is not restarted at once, in ms. */
const SOON_MS = 1000;
/** What holds for all workers from when it is asked for. */
const FOR_ALL: readonly Question["kind"][] = ["proofs", "maintenance"];

/** See the module's comment. */
export class Workers implements Asked {
  #config: Config;
  readonly #clock: Clock;
  readonly #sink: LogSink;
  readonly #module: URL;
  readonly #memory: WorkersMemory;
  readonly #questions: OpenQuestions;
  readonly #members: Member[] = [];
  /** The addresses that the workers listen on, with the ports that the system chose. */
  #listen: readonly ListenAddress[];
  readonly #incidents: Incidents;
  #isStopping = false;
  /** By kind, what all workers have been asked for: a successor begins with it. */
  readonly #standing = new Map<Question["kind"], Question>();
  /** The last replacement of the configuration: they come one after another. */
  #replaced: Promise<void> = Promise.resolve();
  /** The last write to the log. */
  #written: Promise<void> = Promise.resolve();

  /**
   * @param sink Where the lines of all access logs go.
   * @param module What a worker runs; tests bring their own.
   * @param behind The caches behind the one in memory; undefined for none.
   */
  constructor(
    config: Config,
    clock: Clock,
    sink: LogSink,
    module: URL = new URL("./worker.ts", import.meta.url),
    behind: Behind | undefined = undefined,
  ) {
    this.#clock = clock;
    this.#questions = new OpenQuestions(clock);
    this.#memory = new WorkersMemory(config, clock, behind);
    const equipped = this.#memory.equip(config);
    equipped.commit();
    this.#config = equipped.config;
    this.#incidents = new Incidents(clock);
    this.#sink = sink;
    this.#module = module;
    this.#listen = config.listen;
  }

  /**
   * Starts the workers.
   *
   * @returns The addresses that all of them listen on.
   * @throws {Error} A line for the operator: the address is in use, or not ours.
   */
  async listen(): Promise<SocketAddress[]> {
    for (const address of this.#listen) assertFree(address);
    try {
      const first = this.#add();
      const opened = await first.listening.promise;
      this.#listen = this.#listen.map((at, index) => ({
        ...at,
        ...opened[index]!,
      }));
      while (this.#members.length < this.#config.workers) this.#add();
      await Promise.all(
        this.#members.map(({ listening }) => listening.promise),
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
    return [...this.#listen];
  }

  #add(): Member {
    const index = this.#members.length;
    const member: Member = {
      index,
      thread: this.#start(index),
      startedMs: this.#clock.monotonic(),
      listening: Promise.withResolvers(),
      hasListened: false,
      deaf: Promise.withResolvers(),
      stopped: Promise.withResolvers(),
      asked: undefined,
      cancelRevival: undefined,
    };
    this.#members.push(member);
    this.#attend(member);
    return member;
  }

  #start(index: number): Worker {
    const thread = new Worker(this.#module, {
      type: "module",
      name: `worker ${index}`,
    });
    this.#memory.start(thread, index, this.#configOf(index));
    return thread;
  }

  #configOf(
    index: number,
    config: Config = this.#config,
    listen: readonly ListenAddress[] = this.#listen,
  ): Config {
    return shareOf({
      ...config,
      admin: undefined,
      listen,
      workers: this.#config.workers,
    }, index);
  }

  #attend(member: Member): void {
    const { thread } = member;
    thread.onmessage = ({ data }: MessageEvent<FromWorker>) =>
      this.#take(member, data);
    thread.onerror = (event) => {
      event.preventDefault(); // it is not the end of the program
      this.#onDeath(member, event.message);
    };
  }

  #take(member: Member, message: FromWorker): void {
    switch (message.kind) {
      case "listening":
        member.hasListened = true;
        return member.listening.resolve(message.addresses);
      case "failed":
        return this.#onFailure(member, message.message);
      case "prepared":
      case "committed":
        return member.asked?.resolve();
      case "refused":
        return member.asked?.reject(new Error(message.message));
      case "incident":
        return this.#incidents.report(message.incident);
      case "recovered":
        return this.#incidents.recovered(message.text);
      case "answer":
        return this.#questions.answered(message.id, message.answer);
      case "event":
        return tellEvent(message.level, message.text);
      case "log":
        return this.#write(member.thread, message.lines);
      case "deaf":
        return member.deaf.resolve();
      case "stopped":
        return member.stopped.resolve();
    }
  }

  /** At the start, a worker that cannot listen ends the program; later, it tries again. */
  #onFailure(member: Member, message: string): void {
    member.listening.reject(new Error(message));
    if (!member.hasListened) return member.stopped.resolve();
    member.thread.terminate();
    member.asked?.resolve();
    logEvent(
      "error",
      `worker ${member.index} cannot be restarted yet: ${message}`,
    );
    this.#revive(member, SOON_MS);
  }

  /** Writes lines after those before them, then lets the worker send more. */
  #write(thread: Worker, lines: Uint8Array): void {
    this.#written = this.#written.then(async () => {
      try {
        for (let at = 0; at < lines.length;) {
          at += await this.#sink.write(lines.subarray(at));
        }
      } catch {
        // Nobody reads the log any more (a closed pipe). The proxy goes on without it.
      }
      const answer: ToWorker = { kind: "logged" };
      thread.postMessage(answer);
    });
  }

  /** A worker has crashed by an uncaught error: its connections are lost, the others keep serving. */
  #onDeath(member: Member, message: string): void {
    member.thread.terminate();
    logEvent("error", `worker ${member.index} crashed: ${message}`);
    member.listening.reject(new Error(message));
    this.#questions.forget(member.index);
    member.asked?.resolve(); // its successor begins with the configuration that holds then
    this.#memory.forgetWorker(member.index);
    const hasLived = this.#clock.monotonic() - member.startedMs > SOON_MS;
    this.#revive(member, hasLived ? 0 : SOON_MS);
  }

  /**
   * Goes by another configuration, as `Server.replace` does: all workers do, or none.
   *
   * @throws {Error} Why a worker cannot: nothing has changed.
   */
  async replace(config: Config): Promise<void> {
    const before = this.#replaced;
    const done = before.then(() => this.#replaceNow(config));
    this.#replaced = done.catch(() => {}); // the one who asked for it is told
    await done;
  }

  async #replaceNow(requested: Config): Promise<void> {
    const equipped = this.#memory.equip(requested);
    const { config } = equipped;
    const members = this.#members;
    const threads = members.map(({ thread }) => thread);
    const listen = nextAddresses(
      config.listen,
      this.#config.listen,
      this.#listen,
    );
    const answers = await Promise.allSettled(
      members.map((member) =>
        this.#ask(member, this.#preparation(member, config, listen))
      ),
    );
    const refused = answers.find(({ status }) => status === "rejected");
    if (refused?.status === "rejected") {
      for (const { thread } of members) post(thread, { kind: "discard" });
      throw refused.reason;
    }
    this.#config = { ...this.#config, ...reloadable(config) };
    equipped.commit();
    this.#listen = listen;
    await Promise.all(members.map(async (member, at) => {
      // The successor of one that has crashed meanwhile has begun with what held before.
      if (member.thread !== threads[at]) {
        await this.#ask(member, this.#preparation(member, config, listen));
      }
      await this.#ask(member, { kind: "commit" });
    }));
  }

  #preparation(
    { index }: Member,
    config: Config,
    listen: readonly ListenAddress[],
  ): ToWorker {
    return { kind: "prepare", config: this.#configOf(index, config, listen) };
  }

  /**
   * Resolves when a worker has done what it is asked, or has crashed; rejects if it
   * cannot. One whose restart is due is not asked: it begins with what holds then.
   */
  async #ask(member: Member, message: ToWorker): Promise<void> {
    if (this.#isStopping) throw new Error(STOPS);
    if (member.cancelRevival !== undefined) return;
    member.asked = Promise.withResolvers();
    post(member.thread, message);
    await member.asked.promise;
  }

  /** Requests that are followed. */
  get traces(): LiveTraces {
    return this.#memory.traces;
  }

  /** Where the workers listen, and what clients speak there. */
  get listening(): readonly ListenAddress[] {
    return this.#listen;
  }

  /** What the workers know of their servers together. */
  get upstreams(): UpstreamMemories {
    return this.#memory.upstreams;
  }

  /** What the workers have counted. */
  get metrics(): Metrics {
    return this.#memory.metrics;
  }

  /** What is stored, by tier. */
  get tiers(): readonly TierFacts[] {
    const { memory } = this.#memory.place;
    return memory === undefined ? [] : [sharedTier(memory)];
  }

  /** Asks the first worker that serves; what is to hold from now on is told to all of them. */
  async ask<Kind extends keyof Questions>(
    kind: Kind,
    asked: Questions[Kind]["asked"],
  ): Promise<Questions[Kind]["answer"]> {
    const question = { kind, asked } as Question;
    const serving = this.#members.filter(({ hasListened, cancelRevival }) =>
      hasListened && cancelRevival === undefined
    );
    if (serving.length === 0 || this.#isStopping) {
      throw new UnavailableError("no worker serves now");
    }
    const isForAll = FOR_ALL.includes(kind);
    if (isForAll) this.#standing.set(kind, question);
    const answers = await Promise.allSettled(
      (isForAll ? serving : serving.slice(0, 1)).map((member) =>
        this.#put(member, question)
      ),
    );
    const answered = answers.find(({ status }) => status === "fulfilled") ??
      answers[0]!;
    if (answered.status === "rejected") throw answered.reason;
    return answered.value as Questions[Kind]["answer"];
  }

  #put({ index, thread }: Member, question: Question): Promise<unknown> {
    return this.#questions.put(
      index,
      (id) => post(thread, { kind: "ask", id, question }),
    );
  }

  #revive(member: Member, afterMs: number): void {
    if (this.#isStopping) return member.stopped.resolve();
    member.cancelRevival = this.#clock.after(
      afterMs,
      () => this.#replace(member),
    );
  }

  #replace(member: Member): void {
    member.cancelRevival = undefined;
    member.thread = this.#start(member.index);
    member.startedMs = this.#clock.monotonic();
    this.#attend(member);
    for (const question of this.#standing.values()) {
      this.#put(member, question).catch(() => {}); // it crashed again
    }
    logEvent("info", `worker ${member.index} is restarted`);
  }

  /** Stops all workers as `Server.stop` does, and writes what is left of the log. */
  async stop(
    isReplaced = false,
    onDeaf: () => void = () => {},
  ): Promise<void> {
    this.#isStopping = true;
    this.#memory.upstreams.close();
    for (const { thread, cancelRevival, stopped, asked } of this.#members) {
      asked?.reject(new Error(STOPS));
      if (cancelRevival === undefined) {
        post(thread, { kind: "stop", isReplaced });
        continue;
      }
      cancelRevival();
      stopped.resolve();
    }
    Promise.all(this.#members.map(untilDeaf)).then(onDeaf);
    await Promise.all(this.#members.map(({ stopped }) => stopped.promise));
    for (const { thread } of this.#members) thread.terminate();
    this.#questions.forget();
    await settlesWithin(this.#written, LAST_WRITE_MS, this.#clock);
    await flushEvents(this.#clock);
  }
}
