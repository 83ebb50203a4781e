import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { nextTurn } from "../../lib/net/clock.ts";
import { EventLog, type EventSink } from "../../lib/observe/event_log.ts";

class Sink implements EventSink {
  text = "";
  /** Set to make writes wait. */
  gate: Promise<void> | undefined;

  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    const count = Math.min(bytes.length, 1000); // a pipe takes as much as it likes
    this.text += textOf(bytes, 0, count);
    return count;
  }

  isTerminal(): boolean {
    return false;
  }
}

Deno.test("events are lines, in order, without control characters", async () => {
  const sink = new Sink();
  const log = new EventLog(sink);
  log.record("info", "one");
  log.record("warn", "two\n\x1b[31m\u00e9");
  log.record("error", "three");
  log.record("info", "5m \u2192 off \u2191\u2193\ud83d\ude00");
  await log.flush(new TestClock());
  assertEquals(
    new TextDecoder().decode(bytesOf(sink.text)),
    "sluice: one\nsluice: warn: two??[31m?\nsluice: error: three\n" +
      "sluice: 5m \u2192 off ????\n",
  );
});

Deno.test("lines for the journal begin with their priority", async () => {
  const sink = new Sink();
  const log = new EventLog(sink, true);
  log.record("info", "one");
  log.record("warn", "two");
  log.record("error", "three");
  await log.flush(new TestClock());
  assertEquals(
    sink.text,
    "<6>sluice: one\n<4>sluice: warn: two\n<3>sluice: error: three\n",
  );
});

Deno.test("a reader that stalls costs events, and the loss is told", async () => {
  const sink = new Sink();
  const stalled = Promise.withResolvers<void>();
  sink.gate = stalled.promise;
  const log = new EventLog(sink);
  const clock = new TestClock();
  const text = "x".repeat(1000);
  for (let i = 0; i < 1000; i++) log.record("info", text);
  const flushed = log.flush(clock, 10);
  clock.pass(10);
  await flushed; // it ends, though nobody reads
  stalled.resolve();
  await log.flush(new TestClock());
  const told = Number(/warn: (\d+) lines dropped/.exec(sink.text)![1]);
  const kept = sink.text.match(/x{1000}/g)!.length;
  assertEquals(told + kept, 1000);
  assert(told > 0 && sink.text.length < 128 * 1024);
});

Deno.test("events go on after a write that failed", async () => {
  const sink = new Sink();
  sink.gate = Promise.reject(new Error("a closed pipe"));
  const log = new EventLog(sink);
  log.record("info", "lost");
  log.record("info", "lost as well");
  await log.flush(new TestClock());
  sink.gate = undefined;
  log.record("info", "kept");
  await log.flush(new TestClock());
  assertEquals(sink.text, "sluice: kept\n");
});

Deno.test("a line is written whenever it is recorded, also as another write ends", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const sink = new Sink();
    const log = new EventLog(sink);
    log.record("info", "one");
    for (let i = 0; i < turns; i++) await Promise.resolve();
    log.record("info", "two");
    await nextTurn(); // nothing else is recorded, and nothing is flushed
    assertEquals(sink.text, "sluice: one\nsluice: two\n", `${turns} turns`);
  }
});

Deno.test("on a terminal, warnings and errors have a colour, unless NO_COLOR is set", async () => {
  const sink = new Sink();
  sink.isTerminal = (): boolean => true;
  const log = new EventLog(sink);
  log.record("info", "a");
  log.record("warn", "b");
  log.record("error", "c");
  await log.flush(new TestClock());
  const [yellow, red, plain] = Deno.noColor
    ? ["", "", ""]
    : ["\x1b[33m", "\x1b[31m", "\x1b[0m"];
  assertEquals(
    sink.text,
    `sluice: a\n${yellow}sluice: warn: b${plain}\n${red}sluice: error: c${plain}\n`,
  );
});
