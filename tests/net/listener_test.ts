import { assertEquals } from "../support/assert.ts";
import type { ListenAddress } from "../../lib/net/address.ts";
import { TestClock } from "../support/clock.ts";
import type { Clock } from "../../lib/net/clock.ts";
import { Listener, type ListenerOwner } from "../../lib/net/listener.ts";
import { LoopClock } from "../../lib/net/loop_clock.ts";

/** Accepts what it is told to: sockets, by name, and errors, by code. */
class ScriptedListener {
  readonly addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  readonly #script: string[];
  readonly #closed = Promise.withResolvers<never>();

  constructor(...script: string[]) {
    this.#script = script;
  }

  async accept(): Promise<Deno.Conn> {
    const next = this.#script.shift();
    if (next === undefined) return await this.#closed.promise;
    if (!next.startsWith("E")) return { name: next } as unknown as Deno.Conn;
    throw Object.assign(new Error(next), { code: next });
  }

  close(): void {
    this.#closed.promise.catch(() => {}); // nobody may be accepting
    this.#closed.reject(new Error("closed"));
  }
}

/** Notes what it is given. */
class Owner implements ListenerOwner {
  readonly events: string[] = [];
  /** The moments at which connections were not accepted yet; each begins another. */
  readonly sinces: number[] = [];
  loop: LoopClock | undefined;
  makesRoom = false;
  onEvent: (() => void) | undefined;

  onConnection(
    socket: Deno.Conn,
    _at: ListenAddress,
    since: number,
  ): undefined {
    this.sinces.push(since);
    this.loop?.advance();
    this.#note((socket as unknown as { name: string }).name);
  }

  onAcceptFailure(error: Error): boolean {
    this.#note(`failed: ${error.message}`);
    return this.makesRoom;
  }

  #note(event: string): void {
    this.events.push(event);
    this.onEvent?.();
  }

  async until(count: number): Promise<void> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => this.onEvent = resolve);
    }
  }
}

function listenerOf(clock: Clock, ...script: string[]): Listener {
  return listenerAt(clock, undefined, script);
}

function listenerAt(
  clock: Clock,
  loop: LoopClock | undefined,
  script: string[],
): Listener {
  const scripted: unknown = new ScriptedListener(...script);
  return new Listener(
    scripted as Deno.Listener,
    { transport: "tcp", hostname: "127.0.0.1", port: 0 },
    clock,
    loop,
  );
}

const CLIENTS = ["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO", "EPERM"];
const SYSTEMS = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EUNKNOWN"];

for (const code of CLIENTS) {
  Deno.test(`${code} at accept is the client's end: the next is accepted at once`, async () => {
    const owner = new Owner();
    const listener = listenerOf(
      new TestClock(),
      ...new Array(200).fill(code),
      "honest",
    );
    const accepting = listener.acceptAll(owner);
    await owner.until(1);
    listener.close();
    await accepting;
    assertEquals(owner.events, ["honest"]);
  });
}

for (const code of SYSTEMS) {
  Deno.test(`${code} at accept is told to the owner, and it is tried again`, async () => {
    const owner = new Owner();
    const clock = new TestClock();
    const listener = listenerOf(clock, code, "later");
    const accepting = listener.acceptAll(owner);
    await owner.until(1);
    clock.pass(100);
    await owner.until(2);
    listener.close();
    await accepting;
    assertEquals(owner.events, [`failed: ${code}`, "later"]);
  });
}

Deno.test("the pause after an error does not outlast close", async () => {
  const owner = new Owner();
  const clock = new TestClock();
  const listener = listenerOf(clock, "EMFILE", "never");
  const accepting = listener.acceptAll(owner);
  await owner.until(1);
  assertEquals(clock.timerCount, 1);
  listener.close();
  await accepting;
  assertEquals(clock.timerCount, 0);
  assertEquals(owner.events, ["failed: EMFILE"]);
});

for (const isKnown of [true, false]) {
  const how = isKnown ? "by the loop's clock" : "if nobody knows, for ever";
  Deno.test(`a connection was not accepted before it was asked for: ${how}`, async () => {
    const owner = new Owner();
    owner.loop = new LoopClock();
    const loop = isKnown ? owner.loop : undefined;
    const listener = listenerAt(new TestClock(), loop, ["one", "two"]);
    const accepting = listener.acceptAll(owner);
    await owner.until(2);
    listener.close();
    await accepting;
    assertEquals(owner.sinces, isKnown ? [0, 1] : [0, 0]);
  });
}
