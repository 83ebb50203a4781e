/** The sample origin shows what its index page promises. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { startDemoOrigin } from "../../lib/demo/origin.ts";

async function withOrigin(
  visit: (url: string, clock: TestClock) => Promise<void>,
): Promise<void> {
  const clock = new TestClock();
  const origin = startDemoOrigin(clock, () => Promise.resolve("{}\n"));
  try {
    await visit(origin.url, clock);
  } finally {
    await origin.close();
  }
}

Deno.test("every link of the index page leads somewhere", async () => {
  await withOrigin(async (url) => {
    const index = await (await fetch(url)).text();
    const targets = [...index.matchAll(/href="(\/[^"]*)"/g)].map(([, target]) =>
      target!
    );
    assert(targets.length > 10);
    for (const target of targets) {
      const response = await fetch(url + target);
      assertEquals(
        response.status,
        target === "/status/503" ? 503 : 200,
        target,
      );
      await response.body?.cancel();
    }
  });
});

Deno.test("pages with an entity tag can be validated", async () => {
  await withOrigin(async (url) => {
    const first = await fetch(`${url}/second`);
    await first.body?.cancel();
    const headers = { "If-None-Match": first.headers.get("ETag")! };
    const second = await fetch(`${url}/second`, { headers });
    assertEquals(second.status, 304);
  });
});

Deno.test("the echo tells what arrived", async () => {
  await withOrigin(async (url) => {
    const response = await fetch(`${url}/api/echo`, {
      method: "POST",
      body: "hello",
    });
    const { method, length, content } = await response.json();
    assertEquals([method, length, content], ["POST", 5, "hello"]);
    assertEquals(response.headers.get("Cache-Control"), "no-store");
  });
});

Deno.test("the slow text ends, the large one has its size", async () => {
  await withOrigin(async (url, clock) => {
    const [slow, large] = await clock.within(
      4000,
      Promise.all(
        ["/slow", "/large"].map(async (target) =>
          (await fetch(url + target)).text()
        ),
      ),
    );
    assertMatch(slow!, /^line 1 of 10\n[^]*line 10 of 10\n$/);
    assertEquals(large!.length, 4 * 1024 * 1024);
  });
});

Deno.test("events come for as long as somebody listens", async () => {
  await withOrigin(async (url, clock) => {
    const response = await fetch(`${url}/events`);
    assertEquals(response.headers.get("Content-Type"), "text/event-stream");
    const reader = response.body!.getReader();
    const { value } = await clock.within(60_000, reader.read());
    assertMatch(new TextDecoder().decode(value), /^id: 1\ndata: .*\n\n$/);
    await reader.cancel(); // a timer that went on would fail this test
  });
});

Deno.test("the WebSocket echoes, and says so to who comes without one", async () => {
  await withOrigin(async (url) => {
    const plain = await fetch(`${url}/ws`);
    await plain.body?.cancel();
    assertEquals(plain.status, 426);
    const socket = new WebSocket(url.replace("http", "ws") + "/ws");
    const answer = await new Promise<string>((resolve) => {
      socket.onopen = (): void => socket.send("hello");
      socket.onmessage = ({ data }): void => resolve(data);
    });
    assertEquals(answer, "echo: hello");
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  });
});

Deno.test("there is a 404", async () => {
  await withOrigin(async (url) => {
    const response = await fetch(`${url}/nothing`);
    await response.body?.cancel();
    assertEquals(response.status, 404);
  });
});
