/**
 * A real Prometheus scrapes a running sluice, and answers what dashboard and alerts ask.
 * `deno task test:prometheus`; skipped, with a word, where there is no Prometheus.
 */

import { bytesOf } from "../../lib/http/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { AdministeredSite } from "../support/admin.ts";
import { ask, hasProgram } from "../support/metrics.ts";
import {
  alertExpressions,
  dashboardExpressions,
  RULES_PATH,
} from "../support/metrics_files.ts";
import { ok, Origin } from "../support/origin.ts";
import { get } from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";

/** How often it scrapes. */
const SCRAPE_MS = 200;
/** For it to start, and to have scraped what is looked for. */
const TRIES_MAX = 150;
/** Between two tries. */
const TRY_MS = 200;

function say(text: string): void {
  Deno.stdout.writeSync(bytesOf(`${text}\n`));
}

function configFor(site: AdministeredSite): string {
  const { address } = site.place;
  assert(address?.transport === "tcp");
  return JSON.stringify({ // which is YAML, too
    global: { scrape_interval: `${SCRAPE_MS}ms` },
    rule_files: [RULES_PATH],
    scrape_configs: [{
      job_name: "sluice",
      scrape_timeout: `${SCRAPE_MS}ms`,
      static_configs: [{ targets: [`127.0.0.1:${address.port}`] }],
    }],
  });
}

/** A Prometheus that runs. */
class Prometheus {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** What it answers; it throws if that is no answer. */
  async ask(path: string, query: Record<string, string> = {}): Promise<
    // deno-lint-ignore no-explicit-any -- the API is Prometheus'
    any
  > {
    const search = new URLSearchParams(query);
    const response = await fetch(`${this.#url}/api/v1/${path}?${search}`);
    const { status, data, error } = await response.json();
    assert(status === "success", `${path} ${search}: ${error}`);
    return data;
  }

  /** The value of an expression with one series; undefined for none. */
  async value(expression: string): Promise<number | undefined> {
    const { result } = await this.ask("query", { query: expression });
    return result.length === 0 ? undefined : Number(result[0].value[1]);
  }

  /** Asks until an expression has this value. */
  async until(expression: string, value: number): Promise<void> {
    let found: unknown;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      // At first, nobody listens.
      found = await this.value(expression).catch(String);
      if (found === value) return;
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
    throw new Error(`${expression} is ${found}, and not ${value}`);
  }
}

/** Something of everything. */
async function makeTraffic(site: AdministeredSite): Promise<void> {
  const gzip = "Accept-Encoding: gzip";
  await ask(
    site,
    get("/a", gzip),
    get("/a", gzip),
    get("/missing"),
    "nonsense\r\n\r\n",
  );
}

async function look(site: AdministeredSite, it: Prometheus): Promise<void> {
  await it.until('up{job="sluice"}', 1);
  await makeTraffic(site);
  await it.until("sum(sluice_http_requests_total)", 4);
  assertEquals(
    await it.value('sluice_http_requests_total{method="GET",code="404"}'),
    1,
  );
  assertEquals(
    await it.value('sluice_cache_requests_total{result="hit"}'),
    1,
  );
  const { activeTargets } = await it.ask("targets");
  assertEquals(activeTargets[0].lastError, "");
  const types = await it.ask("metadata");
  assertEquals(types.sluice_http_requests_in_flight[0].type, "gauge");
  const { groups } = await it.ask("rules");
  assertEquals(groups[0].rules.length, alertExpressions().length);
  let count = 0;
  for (const [, expression] of dashboardExpressions()) {
    const query = expression.replaceAll("$instance", ".*")
      .replaceAll("$__rate_interval", "1m");
    await it.ask("query", { query });
    count++;
  }
  const names = await it.ask("label/__name__/values");
  const ours = names.filter((name: string) => name.startsWith("sluice_"));
  say(`${ours.length} names scraped, ${count} expressions asked`);
}

async function test(): Promise<void> {
  await using origin = Origin.answering((request) =>
    request.head.startsWith("GET /missing")
      ? "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
      : ok("x".repeat(5000), "Cache-Control: max-age=60")
  );
  await using site = await AdministeredSite.start({
    workers: Deno.build.os === "linux" ? 2 : 1,
    flags: ["--upstream", origin.url],
  });
  const folder = await Deno.makeTempDir();
  const config = `${folder}/prometheus.yml`;
  await Deno.writeTextFile(config, configFor(site));
  const port = freePort();
  const child = new Deno.Command("prometheus", {
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  try {
    await look(site, new Prometheus(port));
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

if (hasProgram("prometheus")) await test();
else {
  say("skipped: no Prometheus here (Debian: apt-get install prometheus)");
}
