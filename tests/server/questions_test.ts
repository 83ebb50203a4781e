/** Questions to workers: each is answered, fails in time, or fails with its worker. */

import { assertEquals, assertRejects } from "../support/assert.ts";
import { pause, TestClock } from "../support/clock.ts";
import { UnavailableError } from "../../lib/admin/administered.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { OpenQuestions } from "../../lib/server/questions.ts";
import { Workers } from "../../lib/server/supervisor.ts";

async function fails(
  question: Promise<unknown>,
  message: string,
): Promise<void> {
  const error = await assertRejects(() => question, UnavailableError);
  assertEquals(error.message, message);
}

Deno.test("answers find their questions, in whatever order they come", async () => {
  const questions = new OpenQuestions(new TestClock());
  const ids: number[] = [];
  const put = (): Promise<unknown> => questions.put(0, (id) => ids.push(id));
  const [one, two, three] = [put(), put(), put()];
  questions.answered(ids[2]!, { answer: "third" });
  questions.answered(ids[0]!, { answer: "first" });
  questions.answered(ids[0]!, { answer: "again" });
  questions.answered(99, { answer: "nobody asked" });
  questions.answered(ids[1]!, { failure: "it broke" });
  assertEquals([await one, await three], ["first", "third"]);
  await fails(two, "it broke");
});

Deno.test("an answer that does not come in time fails", async () => {
  const clock = new TestClock();
  const questions = new OpenQuestions(clock);
  const question = questions.put(0, () => {});
  question.catch(() => {});
  await clock.advance(10_000);
  await fails(question, "the worker did not answer in time");
  assertEquals(clock.timerCount, 0);
});

Deno.test("with a worker, its questions fail, and those of others do not", async () => {
  const questions = new OpenQuestions(new TestClock());
  let id = 0;
  const lost = questions.put(0, () => {});
  const kept = questions.put(1, (given) => id = given);
  questions.forget(0);
  await fails(lost, "the worker has stopped");
  questions.answered(id, { answer: 1 });
  assertEquals(await kept, 1);
});

Deno.test("so many wait at the same time, and no more", async () => {
  const questions = new OpenQuestions(new TestClock());
  const waiting = Array.from({ length: 64 }, () => questions.put(0, () => {}));
  await fails(
    questions.put(0, () => {}),
    "64 questions wait for the workers already",
  );
  questions.forget();
  for (const question of waiting) {
    await fails(question, "the worker has stopped");
  }
  const next = questions.put(0, (id) => questions.answered(id, { answer: 1 }));
  assertEquals(await next, 1);
});

Deno.test("a worker that dies of a question leaves no question open, and others are asked", async () => {
  const dying = new URL("../support/dying_worker.ts", import.meta.url);
  const command = parseCommand(
    ["--workers", "2", "--listen", "127.0.0.1:0", "--log-format", "off"],
    String,
  );
  if (command.kind !== "run") throw new Error("Not a command to run");
  const sink = { write: (b: Uint8Array) => Promise.resolve(b.length) };
  const workers = new Workers(command.config, new SystemClock(), sink, dying);
  await workers.listen();
  try {
    await fails(
      workers.ask("purge", { all: true }),
      "the worker has stopped",
    );
    let answer: unknown;
    while (answer !== 7) {
      answer = await workers.ask("purge", { all: true }).catch(() => pause(10));
    }
  } finally {
    await workers.stop();
  }
  await fails(workers.ask("purge", { all: true }), "no worker serves now");
});

Deno.test("what is to hold is said to all workers, and to the successor of one", async () => {
  const told = new URL("../support/told_worker.ts", import.meta.url);
  const command = parseCommand(
    ["--workers", "2", "--listen", "127.0.0.1:0", "--log-format", "off"],
    String,
  );
  if (command.kind !== "run") throw new Error("Not a command to run");
  let log = "";
  const sink = {
    write: (bytes: Uint8Array): Promise<number> => {
      log += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  };
  const workers = new Workers(command.config, new SystemClock(), sink, told);
  await workers.listen();
  try {
    await workers.ask("maintenance", true);
    await workers.ask("maintenance", false);
    await workers.ask("maintenance", true);
    log = "";
    await workers.ask("purge", { all: true }).catch(() => {}); // it dies of that
    while (!log.includes("\n")) await pause(10);
    assertEquals(log, "0: maintenance true\n"); // and nothing of before
  } finally {
    await workers.stop();
  }
});
