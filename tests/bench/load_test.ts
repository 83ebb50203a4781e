/** The parts of the load benchmark that only reckon: what they read, and what they make of it. */

import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { section, withSection } from "../support/docs.ts";
import { checkOrigin } from "./load/check.ts";
import { divide } from "./load/cores.ts";
import { parseH2loadLog } from "./load/h2load.ts";
import { parseOptions } from "./load/options.ts";
import {
  descendants,
  parseCore,
  parseSmaps,
  parseStat,
  sumMemory,
} from "./load/proc_stat.ts";
import { Refused, Results, type RowKind } from "./load/results.ts";
import { median, percentile, ratios, summarise } from "./load/statistics.ts";
import { subjectsOf } from "./load/subject.ts";
import {
  formatNumber,
  formatSummary,
  renderReport,
  renderTable,
} from "./load/table.ts";
import { HIT, PASS } from "./load/workloads.ts";
import { parseWrk, wrkCommand } from "./load/wrk.ts";

Deno.test("median() takes the middle, or the mean of two", () => {
  assertEquals(median([3]), 3);
  assertEquals(median([10, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 10]), 3.5);
  assertThrows(() => median([]), RangeError);
});

Deno.test("percentile() is the value that the others do not exceed", () => {
  const values = Array.from({ length: 1000 }, (_, i) => 999 - i);
  assertEquals(percentile(values, 0.5), 500);
  assertEquals(percentile(values, 0.99), 990);
  assertEquals(percentile([7], 0.999), 7);
  assertThrows(() => percentile([], 0.5), RangeError);
});

Deno.test("ratios() compares within a round, and leaves out what is missing", () => {
  assertEquals(ratios([20, 30], [10, 10], "more"), [2, 3]);
  assertEquals(ratios([20, 5], [10, 10], "less"), [0.5, 2]);
  assertEquals(ratios([20, undefined, 40], [10, 10], "more"), [2]);
  // A machine that halves its speed between rounds changes nothing.
  assertEquals(
    summarise(ratios([200, 100], [100, 50], "more")),
    { median: 2, min: 2, max: 2 },
  );
});

const WRK = `Running 1s test @ http://127.0.0.1:9610/small
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   718.91us    1.21ms  31.51ms   98.62%
    Req/Sec    77.85k     7.91k   86.40k    72.73%
  85277 requests in 1.10s, 17.32MB read
Requests/sec:  77544.51
Transfer/sec:     15.75MB
`;

Deno.test("parseWrk() reads counts, and what went wrong", () => {
  assertEquals(parseWrk(WRK), {
    requests: 85277,
    perSecond: 77544.51,
    bytes: 17.32 * 2 ** 20,
    errors: "",
  });
  const failed = WRK.replace(
    "Requests/sec",
    "  Socket errors: connect 0, read 3, write 0, timeout 1\n" +
      "  Non-2xx or 3xx responses: 7\nRequests/sec",
  );
  assertEquals(
    parseWrk(failed).errors,
    "Socket errors: connect 0, read 3, write 0, timeout 1; " +
      "Non-2xx or 3xx responses: 7",
  );
  assertThrows(() => parseWrk("unable to connect"), SyntaxError);
});

Deno.test("wrkCommand() says fields, script and target", () => {
  const fields = [["Accept-Encoding", "gzip"]] as const;
  const command = wrkCommand({ ...HIT, fields, script: "zipf" }, 9610, 4);
  assertEquals(command.slice(0, 4), ["wrk", "-t1", "-c50", "-d4s"]);
  assert(command[command.indexOf("-s") + 1]!.endsWith("/load/wrk/zipf.lua"));
  assertEquals(command.slice(-3), [
    "-H",
    "Accept-Encoding: gzip",
    "http://127.0.0.1:9610/c/1k",
  ]);
});

Deno.test("parseH2loadLog() leaves out the beginning, and counts failures", () => {
  const rows = Array.from(
    { length: 100 },
    (_, i) => `${1000 + i}\t${i === 50 ? 502 : 200}\t${i < 10 ? 9999 : i}`,
  );
  assertEquals(parseH2loadLog(rows.toReversed().join("\n") + "\n"), {
    requests: 100,
    p50: 55,
    p99: 99,
    p999: 99,
    failed: 1,
  });
  assertThrows(() => parseH2loadLog(""), SyntaxError);
});

function statText(pid: number, parent: number, name = "nginx"): string {
  return `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 1 0 0 0 ` +
    `120 34 7 8 20 0 1 0 ${pid}99 10646528 1716 18446744073709551615`;
}

Deno.test("parseStat() is not led astray by a program's name", () => {
  const expected = { pid: 12, parent: 3, ticks: 154, startTicks: 1299 };
  assertEquals(parseStat(statText(12, 3)), expected);
  assertEquals(parseStat(statText(12, 3, "a) R 9 (b")), expected);
});

Deno.test("descendants() finds children of children, and nobody else", () => {
  const all = [[1, 0], [5, 1], [9, 4], [4, 3], [3, 1], [8, 5]].map((
    [pid, parent],
  ) => parseStat(statText(pid!, parent!)));
  assertEquals(descendants(3, all).map(({ pid }) => pid), [3, 4, 9]);
  assertEquals(descendants(77, all), []);
});

Deno.test("sumMemory() counts what is shared once", () => {
  const memory = parseSmaps(
    "00400000-7ffc rollup\nRss:      3000 kB\nPss:  2000 kB\n" +
      "Private_Clean:     200 kB\nPrivate_Dirty:     800 kB\n",
  );
  assertEquals(memory, { residentBytes: 3_072_000, privateBytes: 1_024_000 });
  assertEquals(sumMemory([memory, memory]), 2_048_000 + 2_048_000);
  assertEquals(sumMemory([]), 0);
});

Deno.test("parseCore() tells time that was taken from time that was left", () => {
  const text = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 100 20 30 400 5 6 7 8 0 0\n" +
    "cpu1 1 0 0 2 0 0 0 0 0 0\n";
  assertEquals(parseCore(text, "0"), { idle: 405, taken: 158 });
  assertEquals(parseCore(text, "1"), { idle: 2, taken: 1 });
});

Deno.test("checkOrigin() refuses hits that reach the origin, and passes that do not", () => {
  checkOrigin(HIT, 0, 1000, 100);
  assertThrows(() => checkOrigin(HIT, 1, 1000, 100), Refused);
  checkOrigin(PASS, 1000, 1000, 100);
  checkOrigin(PASS, 1100, 1000, 100);
  assertThrows(() => checkOrigin(PASS, 999, 1000, 100), Refused);
  assertThrows(() => checkOrigin(PASS, 1101, 1000, 100), Refused);
});

Deno.test("divide() keeps load and server apart where it can", () => {
  assertEquals(divide(1), undefined);
  assertEquals(divide(2)?.workersLoad, "0,1");
  assertEquals(divide(4)?.workersLoad, "2,3");
});

Deno.test("parseOptions() reads builds, lists and counts", () => {
  const options = parseOptions([
    ...["--workloads", "hit,pass", "--peers", "nginx,varnish", "--seconds=1"],
    ...["--sluice", "old=./old --listen {listen} --upstream {upstream}"],
    ...["--sluice", "./new --listen {listen} --upstream {upstream}"],
  ])!;
  assertEquals(options.workloads, [PASS, HIT]); // in the table's order
  assertEquals([options.seconds, options.rounds], [1, 5]);
  assertEquals(
    subjectsOf(options).map(({ name }) => name),
    ["nginx", "old", "sluice-2", "varnish"],
  );
  const place = { port: 1, originPort: 2, directory: "/d" };
  assertEquals(
    subjectsOf(options)[1]!.prepare(place).join(" "),
    "./old --listen 127.0.0.1:1 --upstream http://127.0.0.1:2",
  );
  assertEquals(parseOptions(["--help"]), undefined);
  const alone = parseOptions(["--peers", "none"])!;
  assertEquals(subjectsOf(alone).map(({ title }) => title), ["sluice"]);
});

Deno.test("parseOptions() refuses what it does not understand", () => {
  const rows: [args: string[], message: string][] = [
    [["--seconds", "0"], "--seconds"],
    [["--rounds", "many"], "--rounds"],
    [["--workloads", "hit,warp"], "warp"],
    [["--peers", "squid"], "squid"],
    [["--sluice", "./sluice --listen {listen}"], "{upstream}"],
    [["--second", "4"], "--second"],
    [["--sluice", "nginx=./a {listen} {upstream}"], "nginx"],
  ];
  for (const [args, message] of rows) {
    assertThrows(() => parseOptions(args), SyntaxError, message);
  }
});

Deno.test("formatNumber() shows as many digits as mean something", () => {
  assertEquals(
    [0.034, 1.005, 9.994, 12.34, 99.9, 1234567].map(formatNumber),
    ["0.034", "1.00", "9.99", "12.3", "99.9", "1,234,567"],
  );
  assertEquals(
    formatSummary({ median: 1.5, min: 1.25, max: 2 }),
    "1.50 (1.25–2.00)",
  );
  assertEquals(formatSummary({ median: 2, min: 2, max: 2 }), "2.00");
});

const COLUMNS = [
  { name: "nginx", title: "nginx", isBuild: false },
  { name: "sluice", title: "sluice", isBuild: true },
  { name: "caddy", title: "Caddy", isBuild: false },
];
const THROUGHPUT: RowKind = {
  workload: "hit",
  title: "hit, 1 KiB",
  unit: "/s",
  better: "more",
};
const LATENCY: RowKind = {
  workload: "lat",
  title: "p50",
  unit: " µs",
  better: "less",
};

function someResults(): Results {
  const results = new Results();
  for (
    const [round, [nginx, sluice]] of [[1000, 1500], [2000, 2800]].entries()
  ) {
    results.add(THROUGHPUT, "nginx", round, {
      value: nginx!,
      cpuMicros: 10,
      isLoadBound: true,
    });
    results.add(THROUGHPUT, "sluice", round, {
      value: sluice!,
      cpuMicros: 7,
      isDisturbed: round === 0, // not most of the time
    });
  }
  results.add(LATENCY, "nginx", 0, { value: 200 });
  results.add(LATENCY, "sluice", 0, { value: 100, isDisturbed: true });
  results.add(LATENCY, "caddy", 0, { value: 100 });
  results.refuse("lat", "caddy", "3 requests failed");
  return results;
}

Deno.test("renderTable() has ratios with their spread, marks and processor time", () => {
  assertEquals(renderTable(COLUMNS, someResults()).split("\n"), [
    "| workload | nginx | sluice | Caddy | CPU, nginx | CPU, sluice |",
    "| --- | --: | --: | --: | --: | --: |",
    "| hit, 1 KiB | 1,500/s° | 1.45 (1.40–1.50) | – | 10.0 µs | 7.00 µs |",
    "| p50 | 200 µs | 2.00~ | ✗ |  |  |",
  ]);
});

Deno.test("renderReport() says where, how and what the marks mean, and fits into its page", () => {
  const machine = {
    cpu: "Some Processor",
    coreCount: 2,
    kernel: "6.1",
    date: new Date("2026-11-25T12:00:00Z"),
    programs: ["Deno 2.9.6", "nginx 1.22.1"],
  };
  const effort = { seconds: 4, rounds: 2 };
  const report = renderReport(machine, effort, COLUMNS, someResults());
  const [heading, table, legend, refused] = report.split("\n\n");
  assert(heading!.startsWith("25 November 2026, 2 cores of Some Processor"));
  assert(heading!.includes("nginx 1.22.1. "));
  assert(heading!.includes("2 rounds of 4 s"));
  assertEquals(table!.split("\n").length, 4);
  assert(legend!.includes("°") && legend!.includes("~"));
  assertEquals(refused, "✗ caddy, lat: 3 requests failed.");

  const page = "# R\n\n<!-- bench -->\n\nold\n\n<!-- /bench -->\n\nrest\n";
  const changed = withSection(page, "bench", report);
  assertEquals(section(changed, "bench"), report);
  assert(changed.endsWith("<!-- /bench -->\n\nrest\n"));
});
