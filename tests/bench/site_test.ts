/** The site of the load benchmark: what is asked of it, and what is made of the answers. */

import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { parseOptions } from "./load/options.ts";
import type { SitePlace } from "./load/peers/peer.ts";
import { reportsOf } from "./load/publish.ts";
import { Results, type RowKind } from "./load/results.ts";
import { type Findings, joinFindings, saveFindings } from "./load/saved.ts";
import {
  HOST_COUNT,
  HOSTS,
  shareOf,
  SITE_PARTS,
  SITE_WORKLOADS,
} from "./load/site/plan.ts";
import {
  otherErrors,
  siteCommand,
  sumReports,
  unsuccessful,
} from "./load/site/wrk.ts";
import { subjectsOf } from "./load/subject.ts";
import type { WrkReport } from "./load/wrk.ts";

Deno.test("the mix is a hundred parts, and each part is measured alone", () => {
  assertEquals(SITE_PARTS.reduce((sum, { share }) => sum + share, 0), 100);
  const alone = SITE_WORKLOADS.filter(({ parts }) => parts.length === 1);
  const names = alone.flatMap(({ parts }) => parts.map(({ name }) => name));
  assertEquals(new Set(names).size, SITE_PARTS.length);
  assertEquals(shareOf(SITE_PARTS, ({ status }) => status === 404), 0.05);
  assertEquals(shareOf([SITE_PARTS[0]!], () => true), 1);
});

Deno.test("siteCommand() says hosts, paths and shares behind the URL", () => {
  const parts = SITE_PARTS.slice(0, 2);
  const command = siteCommand(parts, "https", 9671, 25, 4);
  assertEquals(command.slice(0, 4), ["wrk", "-t1", "-c25", "-d4s"]);
  assertEquals(command.slice(command.indexOf("--") - 1), [
    "https://localhost:9671/",
    "--",
    String(HOST_COUNT),
    ...["/c/image", "45", "/c/article", "5"],
  ]);
  assertEquals(HOSTS[7], "h0007.bench.test"); // as wrk/site.lua writes it
});

function report(requests: number, errors: string): WrkReport {
  return { requests, perSecond: requests / 2, bytes: requests * 10, errors };
}

Deno.test("statuses that are expected are told from errors", () => {
  const sum = sumReports([
    report(100, "Non-2xx or 3xx responses: 7"),
    report(60, "Socket errors: connect 0, read 3; Non-2xx or 3xx responses: 4"),
    report(40, ""),
  ]);
  assertEquals([sum.requests, sum.perSecond, sum.bytes], [200, 100, 2000]);
  assertEquals(unsuccessful(sum), 11);
  assertEquals(otherErrors(sum), "Socket errors: connect 0, read 3");
  assertEquals(unsuccessful(report(1, "")), 0);
  assertEquals(otherErrors(report(1, "")), "");
});

Deno.test("a build runs the site by a file in place of its flags", () => {
  const command =
    "x=./sluice --fast --listen {listen} --upstream {upstream} --log-format off";
  const args = ["--peers", "nginx,haproxy,caddy", "--sluice", command];
  const subjects = subjectsOf(parseOptions(args)!);
  assertEquals(
    subjects.filter(({ prepareSite }) => prepareSite !== undefined)
      .map(({ name }) => name),
    ["nginx", "x", "caddy"],
  );
});

Deno.test("every program of the site has every host and every route", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const place: SitePlace = {
      port: 1,
      tlsPort: 2,
      adminPort: 3,
      originPort: 4,
      directory,
      certificate: { cert: "c.pem", key: "k.pem", both: "b.pem" },
      root: "/files",
      log: "/log",
    };
    const storeUrl = "redis://127.0.0.1:1";
    const subjects = subjectsOf(parseOptions([])!, storeUrl);
    assert(subjects.some(({ name }) => name === "sluice+store"));
    for (const subject of subjects) {
      if (subject.prepareSite === undefined) continue;
      const path = subject.prepareSite(place).at(-1)!;
      const text = await Deno.readTextFile(path);
      const { name } = subject;
      assertEquals(text.includes(storeUrl), name === "sluice+store", name);
      const missing = HOSTS.filter((host) => !text.includes(host));
      assertEquals(missing, [], name);
      for (const said of ["/assets/", "/old/", "/api/", "/files", "/log"]) {
        assert(text.includes(said), `${name}: ${said}`);
      }
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("parseOptions() takes all workloads that begin alike, and files", () => {
  const options = parseOptions(["--workloads", "hit,site-*", "--from", "a,b"])!;
  assertEquals(options.workloads.length, 1 + SITE_WORKLOADS.length);
  assertEquals(options.from, ["a", "b"]);
  assertEquals(parseOptions(["--save", "x.json"])!.saveTo, "x.json");
  assertThrows(() => parseOptions(["--workloads", "nothing*"]), SyntaxError);
});

const HIT: RowKind = {
  workload: "hit",
  title: "a",
  unit: "/s",
  better: "more",
};
const SITE: RowKind = { ...HIT, workload: "site-hit" };

function piece(kind: RowKind, seconds: number, refuses = false): Findings {
  const results = new Results();
  results.add(kind, "nginx", 0, { value: 1000, cpuMicros: 10 });
  results.add(kind, "caddy", 1, { value: 500, cpuMicros: 20 }); // none in round 0
  if (refuses) results.refuse(kind.workload, "sluice", "wrong");
  return {
    machine: {
      cpu: "C",
      coreCount: 2,
      kernel: "6",
      date: new Date(0),
      programs: ["nginx 1", kind === SITE ? "Caddy 2" : "HAProxy 2"],
    },
    effort: { seconds, rounds: 2 },
    columns: ["nginx", "sluice", "caddy", "haproxy"].map((name) => ({
      name,
      title: name,
      isBuild: name === "sluice",
    })),
    results,
  };
}

Deno.test("pieces of a run are put together", () => {
  const texts = [piece(HIT, 2, true), piece(SITE, 2)].map(saveFindings);
  const joined = joinFindings(texts);
  assertEquals(joined.machine.programs, ["nginx 1", "HAProxy 2", "Caddy 2"]);
  // A title that both tables have is two rows.
  assertEquals(joined.results.rows.map(({ workload }) => workload), [
    "hit",
    "site-hit",
  ]);
  assertEquals(joined.results.rows[0]!.samples.get("caddy")?.[0], undefined);
  assertEquals(joined.results.rows[0]!.samples.get("caddy")?.[1]?.value, 500);
  const [plain, site] = [...reportsOf(joined).values()];
  assert(plain!.includes("✗ sluice, hit: wrong."), plain);
  assert(plain!.includes("| workload | nginx | sluice | caddy | CPU, nginx |"));
  // Nobody is shown who has no figure; of the site, all have their processor time.
  assert(
    site!.includes("| workload | nginx | caddy | CPU, nginx | CPU, caddy |"),
    site,
  );
});

Deno.test("pieces that were measured differently are not put together", () => {
  const texts = [piece(HIT, 2), piece(SITE, 3)].map(saveFindings);
  assertThrows(() => joinFindings(texts), SyntaxError, "differently");
  assertThrows(() => joinFindings([]), SyntaxError);
});
