/** Numbers for people, on the live page and in the terminal. */

import {
  ago,
  bytes,
  count,
  duration,
  percentile,
  rate,
  ratio,
  serverState,
  span,
  until,
} from "../../../lib/admin/live/format.js";
import { assertEquals } from "../../support/assert.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** What is written, with a plain space where no line ends. */
const ROWS: readonly (readonly [written: string, expected: string])[] = [
  [count(0), "0"],
  [count(999_999), "999,999"],
  [count(1_500_000), "1.5M"],
  [rate(0), "0"],
  [rate(0.001), "<0.01"],
  [rate(0.25), "0.25"],
  [rate(12.34), "12.3"],
  [rate(999.7), "1k"],
  [rate(12_345), "12.3k"],
  [bytes(0), "0 B"],
  [bytes(1023), "1023 B"],
  [bytes(1024), "1 KiB"],
  [bytes(1.5 * 1024 ** 3), "1.5 GiB"],
  [duration(null), "–"],
  [duration(0), "0 ms"],
  [duration(0.2345), "0.23 ms"],
  [duration(1500), "1.5 s"],
  [duration(90 * SECOND), "1 min 30 s"],
  [percentile(null), "–"],
  [percentile(2.5), "<5 ms"],
  [percentile(5), "5 ms"],
  [percentile(10_000), ">10 s"],
  [span(0), "0 s"],
  [span(60 * SECOND), "1 min"],
  [span(12 * 60 * SECOND + 5), "12 min"],
  [span(HOUR), "1 h"],
  [span(HOUR + 61 * SECOND), "1 h 1 min"],
  [span(DAY), "1 d"],
  [span(DAY + HOUR), "1 d 1 h"],
  [span(11.5 * DAY), "11 d"],
  [span(800 * DAY), "2 years"],
  [ratio(null), "–"],
  [ratio(0), "0 %"],
  [ratio(0.0001), "<0.1 %"],
  [ratio(0.913), "91.3 %"],
  [ratio(0.9999), ">99.9 %"],
  [ratio(1), "100 %"],
  [ago(5000, 5500), "now"],
  [ago(0, 5500), "5 s ago"],
  [until(DAY, 0), "in 1 d"],
  [until(0, 1), "expired"],
  [serverState({ state: "up", isHealthy: true }), "up"],
  [serverState({ state: "up", isHealthy: false }), "out"],
  [serverState({ state: "drain", isHealthy: true }), "draining"],
  [serverState({ state: "down", isHealthy: false }), "down"],
];

for (const [written, expected] of ROWS) {
  Deno.test(`for people: ${expected}`, () => {
    assertEquals(written.replaceAll("\u00a0", " "), expected);
  });
}
