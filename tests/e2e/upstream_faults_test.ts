/**
 * Three servers under load, of which one is killed, stopped, slowed, made to fail and
 * brought back: no GET fails, no POST runs twice, and the load comes back evenly.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { OriginProcess } from "../support/origin_process.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";
import { pause } from "../support/clock.ts";
import { costly, rows } from "../support/tries.ts";

const CLIENTS = 6;
/** Between two requests of a client, in ms: what fails takes a while, and the load is not what is tested. */
const BREATH_MS = 4;
/** Answers after which it is looked who gave them … */
const LOOK = 200;
/** … how often … */
const LOOKS_MAX = 40;
/** … and the least share of one of three servers. */
const SHARE_MIN = 0.22;

/** The servers, the proxy and a load without end. */
class Scene implements AsyncDisposable {
  readonly origins = [1, 2, 3].map(() => new OriginProcess(freePort()));
  /** Responses that are no 200, by `METHOD status`. */
  readonly failed: string[] = [];
  /** By the port that answered, since the last look. */
  answers = new Map<string, number>();
  #program!: Program;
  #folder = "";
  #isOver = false;
  #load: Promise<void>[] = [];
  #count = 0;
  #onAnswer = (): void => {};

  static async start(upstream: object, workers: number): Promise<Scene> {
    const scene = new Scene();
    await Promise.all(scene.origins.map((origin) => origin.start()));
    scene.#folder = await Deno.makeTempDir();
    const file = `${scene.#folder}/sluice.json`;
    const config = {
      listen: "127.0.0.1:0",
      workers,
      upstreams: {
        app: { servers: scene.origins.map(({ url }) => url), ...upstream },
      },
      hosts: { "*": { proxy: "app", timeout: { response: "700ms" } } },
    };
    await Deno.writeTextFile(file, JSON.stringify(config));
    scene.#program = new Program("--config", file);
    const port = await scene.#program.port();
    scene.#load = Array.from(
      { length: CLIENTS },
      (_, client) => scene.#ask(port, client),
    );
    return scene;
  }

  async #ask(port: number, client: number): Promise<void> {
    using peer = await Peer.connect(port);
    for (let i = 0; !this.#isOver; i++) {
      const method = i % 4 === 0 ? "POST" : "GET";
      const content = method === "POST"
        ? "Content-Length: 2\r\n\r\nab"
        : "\r\n";
      await peer.send(
        `${method} /${client}/${i} HTTP/1.1\r\nHost: h\r\n${content}`,
      );
      const response = await peer.readMessage();
      if (response.status !== 200) {
        this.failed.push(`${method} ${response.status}`);
      } else {
        const port = response.content;
        this.answers.set(port, (this.answers.get(port) ?? 0) + 1);
      }
      this.#count++;
      this.#onAnswer();
      await pause(BREATH_MS);
    }
  }

  /** Waits for so many more answers. */
  async answered(count: number): Promise<void> {
    const end = this.#count + count;
    while (this.#count < end) await this.#next();
  }

  async #next(): Promise<void> {
    await new Promise<void>((resolve) => this.#onAnswer = resolve);
  }

  /** Waits until a server answers again. */
  async isBack({ port }: OriginProcess): Promise<void> {
    this.answers.clear();
    while (!this.answers.has(String(port))) await this.#next();
  }

  /** What the program has said of its servers. */
  async said(pattern: RegExp): Promise<void> {
    await this.#program.until(pattern);
  }

  /**
   * Waits until each server gets its share. One that has just started answers more
   * slowly, and so gets less for a while.
   */
  async isEven(): Promise<void> {
    let counts: number[] = [];
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      this.answers = new Map();
      await this.answered(LOOK);
      counts = this.origins.map(({ port }) =>
        this.answers.get(String(port)) ?? 0
      );
      if (Math.min(...counts) >= SHARE_MIN * LOOK) return;
    }
    throw new Error(`It has not become even: ${counts}`);
  }

  /** No POST has run twice; returns how many have. */
  posts(): number {
    const posts = this.origins.flatMap(({ asked }) => asked)
      .filter((line) => line.startsWith("POST"));
    assertEquals(new Set(posts).size, posts.length);
    return posts.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#load);
    this.#program.signal("SIGTERM");
    await this.#program.ended();
    await Promise.all(this.origins.map((origin) => origin.kill()));
    await Deno.remove(this.#folder, { recursive: true });
  }
}

const EJECT = { eject: { failures: 3, for: "500ms" } };

for (const workers of rows([1, 2], 1)) {
  Deno.test(`${workers} worker(s): a server is killed and started again`, async () => {
    await using scene = await Scene.start(EJECT, workers);
    const [victim] = scene.origins;
    await scene.answered(300);
    await victim!.kill();
    await scene.answered(300);
    await victim!.start();
    await scene.isBack(victim!);
    await scene.isEven();
    assertEquals(scene.failed.filter((line) => line.startsWith("GET")), []);
    assert(scene.posts() > 0);
  });

  Deno.test(`${workers} worker(s): a server is stopped and goes on`, async () => {
    await using scene = await Scene.start(EJECT, workers);
    const [victim] = scene.origins;
    await scene.answered(300);
    victim!.halt();
    await scene.answered(300);
    victim!.goOn();
    await scene.isBack(victim!);
    await scene.isEven();
    assertEquals(scene.failed.filter((line) => line.startsWith("GET")), []);
    scene.posts();
  });

  Deno.test(
    costly(`${workers} worker(s): a server that is slow gets less`),
    async () => {
      await using scene = await Scene.start(EJECT, workers);
      const [victim] = scene.origins;
      await scene.answered(100);
      await victim!.become("slow");
      scene.answers.clear();
      await scene.answered(400);
      assert((scene.answers.get(String(victim!.port)) ?? 0) < 100);
      await victim!.become("ok");
      await scene.isEven();
      assertEquals(scene.failed, []);
      scene.posts();
    },
  );

  Deno.test(`${workers} worker(s): a server answers 503, and is put out`, async () => {
    const retry = { retry: { on: ["connect", "reset", "timeout", "503"] } };
    await using scene = await Scene.start({ ...EJECT, ...retry }, workers);
    const [victim] = scene.origins;
    await scene.answered(300);
    await victim!.become("503");
    await scene.said(
      /is out for 0.5 s: 3 failures in a row, the last: status 503/,
    );
    await scene.answered(100);
    await victim!.become("ok");
    await scene.isBack(victim!);
    await scene.said(/is back: its time is over/);
    await scene.isEven();
    assertEquals(scene.failed.filter((line) => line.startsWith("GET")), []);
    scene.posts();
  });

  Deno.test(
    costly(`${workers} worker(s): probes put a server out and bring it back`),
    async () => {
      const health = {
        eject: "off",
        health: { path: "/health", every: "100ms", timeout: "200ms", fall: 2 },
      };
      await using scene = await Scene.start(health, workers);
      const [victim] = scene.origins;
      await scene.answered(300);
      victim!.halt();
      await scene.said(RegExp(
        `${
          victim!.port
        } is out: 2 probes failed, the last: no answer within 200 ms`,
      ));
      await scene.answered(100); // what was on its way to it
      scene.answers.clear();
      await scene.answered(100);
      assertEquals(scene.answers.get(String(victim!.port)), undefined);
      victim!.goOn();
      await scene.said(RegExp(`${victim!.port} is back: 2 good probes`));
      await scene.isBack(victim!);
      await scene.isEven();
      assertEquals(scene.failed.filter((line) => line.startsWith("GET")), []);
      scene.posts();
    },
  );
}
