/**
 * The live page in a real browser: what it shows is what the log says, whatever is in
 * names, with one worker and with two; it steers, and it outlasts sluice.
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Program } from "../support/program.ts";
import { Page } from "./chromium.ts";
import { faintTexts, unnamedControls, WIDEST } from "./readable.ts";

const TOKEN = "a-token-of-the-live-page-test";
/** Routes besides, of which a few are asked. */
const ROUTES = 5000;
const ROUTES_ASKED = 30;
const ROUTES_TOLD = 20;
/** What is in every text of an update in one test. */
const HOSTILE = "\"'><img src=x onerror=hacked()><script>hacked()</script>";

/** A sluice in front of an origin, with a log that can be counted. */
class Site implements AsyncDisposable {
  readonly lines: Record<string, unknown>[] = [];
  readonly #folder: string;
  readonly #origin: Origin;
  #program: Program;
  port = 0;
  admin = "";

  private constructor(folder: string, origin: Origin) {
    this.#folder = folder;
    this.#origin = origin;
    this.#program = this.#run();
  }

  static async start(workers: number): Promise<Site> {
    const folder = await Deno.makeTempDir();
    const origin = Origin.answering(({ head }) =>
      head.startsWith("GET /missing")
        ? "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
        : head.startsWith("GET /bad")
        ? "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"
        : ok("x".repeat(5000), "Cache-Control: max-age=60")
    );
    await write(folder, workers, origin.url, "127.0.0.1:0");
    const site = new Site(folder, origin);
    await site.#ready();
    await write(folder, workers, origin.url, site.admin); // for the next one
    return site;
  }

  #run(): Program {
    const program = new Program(
      "--config",
      `${this.#folder}/sluice.json`,
      "--log-format",
      "json",
    );
    program.onLine = (line) => this.lines.push(JSON.parse(line));
    return program;
  }

  async #ready(): Promise<void> {
    const [, admin] = await this.#program.until(/admin on (127\.0\.0\.1:\d+)/);
    this.admin = admin!;
    this.port = await this.#program.port();
  }

  async ask(path: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`);
    await response.body?.cancel();
    return response.status;
  }

  /** Waits until so many requests are in the log. */
  async logged(count: number): Promise<void> {
    while (this.lines.length < count) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assertEquals(this.lines.length, count);
  }

  async stop(): Promise<void> {
    this.#program.signal("SIGTERM");
    await this.#program.ended();
  }

  /** Starts another process at the same place. */
  async startAgain(): Promise<void> {
    this.#program = this.#run();
    await this.#ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#origin[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function write(
  folder: string,
  workers: number,
  origin: string,
  admin: string,
): Promise<void> {
  const routes = Array.from(
    { length: ROUTES },
    (_, i) => [`/many/${i}`, { respond: 204 }] as const,
  );
  const config = {
    listen: "127.0.0.1:0",
    workers,
    drain: "1s",
    admin: { listen: admin, token: TOKEN },
    upstreams: { app: { servers: [origin] } },
    hosts: {
      "*": {
        "/": { proxy: "app" },
        "/<img/src=x/onerror=hacked()>": { respond: 204 },
        ...Object.fromEntries(routes),
      },
    },
  };
  await Deno.writeTextFile(`${folder}/sluice.json`, JSON.stringify(config));
}

/** The text of each cell of a table. */
function cellsOf(page: Page, id: string): Promise<string[][]> {
  return page.value(
    `[...document.querySelectorAll("#${id} tbody tr")].map((row) =>
      [...row.cells].map((cell) => cell.querySelector("span")?.textContent ?? ""))`,
  );
}

/** Waits until a tile's second line begins so. */
async function untilTile(
  page: Page,
  name: string,
  text: string,
): Promise<void> {
  await page.until(
    `[...document.querySelectorAll("#tiles > div")].some(({ children }) =>
      children[0].textContent === ${JSON.stringify(name)} &&
      children[2].textContent.startsWith(${JSON.stringify(text)}))`,
  );
}

/** Logs in as people do. */
async function logIn(page: Page, site: Site): Promise<void> {
  await page.go(`http://${site.admin}/`);
  assertEquals(await page.value("location.pathname"), "/login");
  await page.value(
    `document.getElementById("token").value = ${JSON.stringify(TOKEN)};
     document.forms[0].requestSubmit()`,
  );
  await page.until('location.pathname === "/"');
  await page.until('document.getElementById("state")?.textContent === "ready"');
  assert(await page.value('document.forms[0].action.endsWith("/logout")'));
}

async function choose(page: Page, counts: "recent" | "total"): Promise<void> {
  await page.value(
    `document.querySelector("input[value=${counts}]").click()`,
  );
}

/** What the log says, for a table. */
async function assertAgrees(page: Page, site: Site): Promise<void> {
  const { lines } = site;
  await untilTile(page, "requests a second", `${lines.length} since`);
  await choose(page, "total");
  const shown = new Map(
    (await cellsOf(page, "routes")).map((cells) => [cells[0]!, cells] as const),
  );
  const proxied = lines.filter(({ route }) => route === "*/");
  const [, requests, , , , hits, failures] = shown.get("*/")!;
  assertEquals(Number(requests), proxied.length);
  assertEquals(
    Number(failures),
    proxied.filter(({ status }) => Number(status) >= 500).length,
  );
  const hitCount =
    proxied.filter((line) => JSON.stringify(line).includes('"hit"')).length;
  const ratio = `${(hitCount / proxied.length * 100).toFixed(1)}\u00a0%`;
  assertEquals(hits, ratio);
}

/** Requests of all kinds, one after another: what is counted does not depend on luck. */
async function makeTraffic(site: Site): Promise<void> {
  const paths = [
    ...Array(10).fill("/a"),
    ...Array(3).fill("/missing"),
    "/bad",
    "/bad",
    "/%3Cimg/src=x/onerror=hacked()%3E",
    ...Array.from({ length: ROUTES_ASKED }, (_, i) => `/many/${i}`),
  ];
  const before = site.lines.length;
  for (const path of paths) await site.ask(path);
  await site.logged(before + paths.length);
}

async function steer(page: Page, site: Site): Promise<void> {
  await page.value('document.querySelector("#servers button").focus()');
  await page.press("Enter", 13);
  await page.until('document.getElementById("confirm-dialog").open');
  await page.press("Escape", 27); // nothing has happened
  await page.until('!document.getElementById("confirm-dialog").open');
  assertEquals((await cellsOf(page, "servers"))[0]?.[1], "up");
  await page.press("Enter", 13); // the focus is where it was
  await page.until('document.getElementById("confirm-dialog").open');
  await page.value('document.getElementById("confirm-button").click()');
  await page.until(
    'document.querySelector("#servers [data-pill=draining]") !== null',
  );

  await page.value('document.getElementById("maintenance").click()');
  await page.value('document.getElementById("confirm-button").click()');
  await page.until(
    'document.getElementById("state").textContent === "in maintenance"',
  );
  assertEquals(await site.ask("/a"), 503);
  await page.value('document.getElementById("maintenance").click()');
  await page.value('document.getElementById("confirm-button").click()');
  await page.until('document.getElementById("state").textContent === "ready"');
  assertEquals(await site.ask("/a"), 200);

  await page.value(
    `document.getElementById("purge").click();
     const form = document.getElementById("purge-form");
     form.elements.kind.value = "all";
     form.elements.kind.dispatchEvent(new Event("change"));
     form.requestSubmit()`,
  );
  await page.until(
    'document.getElementById("purge-answer").textContent.endsWith("purged.")',
  );
  assertMatch(
    await page.value('document.getElementById("purge-answer").textContent'),
    /^1 response purged\.$/,
  );
  await page.press("Escape", 27);
}

/** Every text of an update is markup: it is shown as what it is. */
async function attack(page: Page): Promise<void> {
  const counts = await page.value(`(async () => {
    globalThis.hacked = () => { globalThis.wasHacked = true; };
    const { Tables, tilesOf, factsOf } = await import("/live/tables.js");
    const update = await new Promise((resolve) => {
      const source = new EventSource("/live");
      source.addEventListener("live", ({ data }) => {
        source.close();
        resolve(data);
      });
    });
    const server = { upstream: "", server: "", state: "up", isHealthy: false,
      reason: "", weight: 1, busyConnections: 0, idleConnections: 0 };
    const told = JSON.parse(update);
    told.view.servers = [server];
    told.view.certificates = [{ name: "", expiresMs: 1 }];
    told.view.recentErrors = [{ atMs: 1, level: "error", text: "", count: 1 }];
    const hostile = JSON.parse(JSON.stringify(told), (_, value) =>
      typeof value === "string" ? ${JSON.stringify(HOSTILE)} : value);
    const place = document.createElement("div");
    document.body.append(place);
    new Tables(place, () => {}).show(hostile, "total");
    factsOf(hostile);
    tilesOf(hostile);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const found = [
      place.querySelectorAll("img, script").length,
      place.textContent.split(${JSON.stringify(HOSTILE)}).length - 1,
      globalThis.wasHacked === true,
    ];
    place.remove();
    return found;
  })()`);
  assertEquals([counts[0], counts[2]], [0, false]);
  assert(counts[1] > 10, `${counts[1]} hostile texts were shown`);
}

/** It can be read: on a phone, in both themes, by who sees little or nothing. */
async function assertReadable(page: Page): Promise<void> {
  for (const scheme of ["light", "dark"]) {
    await page.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
    assertEquals(await page.value(faintTexts), [], scheme);
  }
  assertEquals(await page.value(unnamedControls), []);
  for (const width of [320, 768, 1920]) {
    await page.resize(width, 900);
    await page.until(`innerWidth === ${width}`);
    const widest = await page.value(WIDEST);
    assert(widest <= width, `${widest} of ${width} pixels`);
  }
}

/** The page says that sluice is gone, and goes on with the next one. */
async function outlast(page: Page, site: Site): Promise<void> {
  await site.stop();
  await page.until(
    'document.getElementById("notice").textContent.startsWith("No connection")',
  );
  assert(await page.value('!document.getElementById("notice").hidden'));
  await site.startAgain();
  // Logins end with the process.
  await page.until('location.pathname === "/login"');
  await logIn(page, site);
}

/** Runs the page through everything. */
export async function testLivePage(
  command: string,
  workers: number,
  say: (line: string) => void,
): Promise<void> {
  await using site = await Site.start(workers);
  await using page = await Page.open(command);
  await logIn(page, site);
  await page.until('document.getElementById("routes") !== null');
  assertEquals(await cellsOf(page, "routes"), []); // nothing has happened yet
  await makeTraffic(site);
  await assertAgrees(page, site);
  assertEquals((await cellsOf(page, "routes")).length, ROUTES_TOLD);
  await makeTraffic(site);
  await assertAgrees(page, site);
  await page.go(`http://${site.admin}/`);
  await assertAgrees(page, site); // after it was loaded again
  await assertReadable(page);
  await attack(page);
  await page.value(`location.reload()`);
  await page.until('document.getElementById("state")?.textContent === "ready"');
  await page.until('document.querySelector("#servers button") !== null');
  await steer(page, site);
  assertEquals(page.errors, []);
  await outlast(page, site);
  say(
    `live page, ${workers} worker(s): ${site.lines.length} requests as in the log`,
  );
}
