import { assertEquals } from "../support/assert.ts";
import { UploadPace } from "../../lib/fetch/upload_pace.ts";

/** What has arrived in all when it is asked, how long the client may be waited for then, and how long it is. */
type Step = readonly [bytes: number, patienceMs: number, waitedMs: number];

const ROWS: readonly {
  name: string;
  pauseMs?: number;
  bytesPerSecond?: number;
  steps: readonly Step[];
}[] = [
  { name: "silence lasts as long as the grace", steps: [[0, 30_000, 0]] },
  {
    name: "a few bytes a second use the grace up",
    steps: [[0, 30_000, 10_000], [256, 21_000, 20_000], [256, 1000, 999], [
      256,
      1,
      1,
    ]],
  },
  {
    name: "the least rate is enough for ever",
    steps: [
      [0, 30_000, 20_000],
      [256 * 20, 30_000, 20_000],
      [256 * 40, 30_000, 20_000],
      [256 * 60, 30_000, 20_000],
    ],
  },
  {
    name: "much at first earns no more than a pause of the body timeout",
    steps: [[1 << 30, 60_000, 50_000], [1 << 30, 10_000, 9999]],
  },
  {
    name: "a pause is no longer than the body timeout",
    pauseMs: 5000,
    steps: [[1 << 20, 5000, 5000], [1 << 20, 5000, 0]],
  },
  {
    name: "without a body timeout the rate holds all the same",
    pauseMs: 0,
    steps: [[0, 30_000, 29_000], [0, 1000, 0]],
  },
  {
    name: "without a rate only the body timeout holds",
    bytesPerSecond: 0,
    steps: [[0, 60_000, 59_000], [1, 60_000, 59_000]],
  },
  {
    name: "without either nothing holds",
    bytesPerSecond: 0,
    pauseMs: 0,
    steps: [[0, 0, 100_000], [0, 0, 0]],
  },
];

for (const { name, pauseMs = 60_000, bytesPerSecond = 256, steps } of ROWS) {
  Deno.test(`uploads: ${name}`, () => {
    const pace = new UploadPace({ bytesPerSecond, graceMs: 30_000 }, pauseMs);
    for (const [bytes, patienceMs, waitedMs] of steps) {
      assertEquals(pace.patience(bytes), patienceMs);
      pace.waited(waitedMs);
    }
  });
}

for (const pauseMs of [0, 60_000]) {
  Deno.test(`haste leaves no credit but its own, after a body timeout of ${pauseMs} ms`, () => {
    const pace = new UploadPace(
      { bytesPerSecond: 256, graceMs: 30_000 },
      pauseMs,
    );
    pace.patience(1 << 20);
    pace.hurry(2000);
    assertEquals(pace.patience(1 << 20), 2000);
    pace.waited(1500);
    assertEquals(pace.patience(1 << 20), 500);
    assertEquals(pace.patience(1 << 21), 2000);
  });
}
