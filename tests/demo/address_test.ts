/** The demo's page tells its reader how to ask it from where the reader is. */

import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { startDemoOrigin } from "../../lib/demo/origin.ts";
import { Program } from "../support/program.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

/** The command lines on the page. */
function commands(html: string): string[] {
  return [...html.matchAll(/<code>(curl [^<]*)<\/code>/g)].map(([, line]) =>
    line!
  );
}

Deno.test("the page's commands name the address that was asked, and what shows the thing", async () => {
  const origin = startDemoOrigin(
    new SystemClock(),
    () => Promise.resolve('{ "a": "<b>" }'),
  );
  try {
    await using proxy = await Proxy.start(origin, "--compress", "off");
    const { content } = await exchange(
      proxy,
      get("/").replace("sluice.test", "demo.example:81"),
    );
    const lines = commands(content);
    assert(lines.length > 20);
    assertStringIncludes(content, '{ "a": "&lt;b>" }');
    assertStringIncludes(content, '"http://static.localhost:81/"');
    for (const line of lines) {
      assertStringIncludes(line, "http://demo.example:81/");
      assert(!line.endsWith(".html"), line);
    }
    const strange = await exchange(
      proxy,
      get("/").replace("sluice.test", "$(id)'&"),
    );
    assert(!strange.content.includes("$(id)"), strange.content);
  } finally {
    await origin.close();
  }
});

Deno.test("every command for the origin of the page works as it stands", async () => {
  const program = new Program("--demo", "--listen", "127.0.0.1:0");
  const [, url] = await program.until(
    /the demo: (http:\/\/127\.0\.0\.1:\d+)\//,
  );
  const page = await (await fetch(url!)).text();
  // tests/e2e/demo_test.ts asks those for the other hosts
  for (const line of commands(page).filter((line) => !/Host:/.test(line))) {
    assertStringIncludes(line, url!);
    const target = line.slice(line.indexOf(url!) + url!.length);
    const isSocket = target === "/ws";
    const response = await fetch(url + target, { method: "GET" });
    assertEquals(
      response.status,
      isSocket ? 426 : target === "/status/503" ? 503 : 200,
      line,
    );
    await response.body?.cancel();
  }
  program.signal("SIGTERM");
  await program.ended();
});

Deno.test("the demo on every interface is told with an address that one can visit", async () => {
  const program = new Program("--demo", "--listen", ":0");
  const [, host] = await program.until(/the demo: http:\/\/([\d.]+):\d+\//);
  assertEquals(host, "127.0.0.1");
  program.signal("SIGTERM");
  await program.ended();
});
