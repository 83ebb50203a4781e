/** What a successful unsafe request takes out, and what it may store (RFC 9111 §4.4, RFC 4918). */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import type { Message } from "../support/peer.ts";

const FRESH = "Cache-Control: max-age=60";

function request(
  method: string,
  target: string,
  host: string,
  ...lines: string[]
): string {
  return [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, "", ""]
    .join("\r\n");
}

Deno.test("an unsafe request takes out its target if its status is 2xx or 3xx", async () => {
  let status = 200;
  let count = 0;
  await using origin = Origin.answering(({ startLine }) =>
    startLine.startsWith("GET")
      ? ok(`${++count}`, FRESH)
      : `HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin);
  const isOutAfter = async (method: string): Promise<boolean> => {
    const before = (await exchange(proxy, request("GET", "/", "h"))).content;
    await exchange(proxy, request(method, "/", "h"));
    const after = (await exchange(proxy, request("GET", "/", "h"))).content;
    return after !== before;
  };
  for (status of [200, 299, 300, 399]) {
    assertEquals([status, await isOutAfter("DELETE")], [status, true]);
  }
  for (status of [400, 404, 499, 500, 599]) {
    assertEquals([status, await isOutAfter("DELETE")], [status, false]);
  }
  status = 200;
  assertEquals(await isOutAfter("OPTIONS"), false);
});

Deno.test("MOVE and COPY take out what their Destination names of the same authority", async (t) => {
  const rows: [
    method: string,
    host: string,
    destination: readonly string[],
    isOut: boolean,
  ][] = [
    ["MOVE", "h", ["Destination: /b"], true],
    ["COPY", "h", ["Destination: http://h/b"], true],
    ["COPY", "h", ["destination: https://h/b"], true],
    ["MOVE", "h:81", ["Destination: http://h:81/b"], true],
    ["MOVE", "h", ["Destination: http://H:80/x/../b"], true],
    ["MOVE", "h", ["Destination: /c", "Destination: /b"], true],
    ["MOVE", "h", ["Destination: //h/b"], true],
    ["MOVE", "h", ["Destination: http://other/b"], false],
    ["MOVE", "h", ["Destination: http://h:81/b"], false],
    ["MOVE", "h", ["Destination: http://h@other/b"], false],
    ["MOVE", "h", ["Destination: /"], false],
    ["MOVE", "h", ["Destination: http://["], false],
    // What stands as a host in HTTP and not in a URL.
    ["MOVE", "a%ff", ["Destination: /b"], true],
    ["MOVE", "a%ff", ["Destination: http://A%FF/b"], true],
    ["MOVE", "a%ff", ["Destination: http://other/b"], false],
    ["MOVE", "a%ff", ["Destination: http://authority.invalid/b"], false],
    ["PUT", "h", ["Destination: /b"], false],
  ];
  for (const [method, host, destination, isOut] of rows) {
    await t.step(`${method} ${host} ${destination.join()}`, async () => {
      let count = 0;
      await using origin = Origin.answering(() =>
        ok(`${++count}`, "Cache-Control: max-age=60")
      );
      await using proxy = await Proxy.start(origin);
      assertEquals(
        (await exchange(proxy, request("GET", "/b", host))).content,
        "1",
      );
      await exchange(proxy, request(method, "/a", host, ...destination));
      const after = await exchange(proxy, request("GET", "/b", host));
      assertEquals(after.content, isOut ? "3" : "1");
    });
  }
});

Deno.test("a move that fails takes nothing out", async () => {
  let count = 0;
  await using origin = Origin.answering(({ startLine }) =>
    startLine.startsWith("MOVE")
      ? "HTTP/1.1 412 x\r\nContent-Length: 0\r\n\r\n"
      : ok(`${++count}`, "Cache-Control: max-age=60")
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, request("GET", "/b", "h"));
  await exchange(proxy, request("MOVE", "/a", "h", "Destination: /b"));
  assertEquals((await exchange(proxy, request("GET", "/b", "h"))).content, "1");
});

Deno.test("the response to POST is stored for GET only where it says that it is that", async (t) => {
  const rows: [host: string, location: string, isStored: boolean][] = [
    ["h", "/p", true],
    ["h", "http://h/p", true],
    ["h", "http://h:80/p", true],
    ["h", "/other", false],
    ["h", "http://evil/p", false],
    ["a%ff", "http://evil/p", false],
    ["a%ff", "http://[", false],
    ["a%ff", "/p", true],
    ["a%ff", "/other", false],
    ["%zz".replace("zz", "00"), "http://evil/p", false],
    ["a%20b", "http://evil/p", false],
    ["1.2.3.4.5", "http://evil/p", false],
    ["0x7fffffffff", "http://evil/p", false],
    ["xn--a", "http://evil/p", false],
    ["a%2fb", "http://evil/p", false],
    ["a%40b", "http://evil/p", false],
    ["h", "http://[", false],
    ["h", "mailto:p", false],
  ];
  for (const [host, location, isStored] of rows) {
    await t.step(`${host} ${location}`, async () => {
      let count = 0;
      await using origin = Origin.answering(() =>
        ok(
          `${++count}`,
          "Cache-Control: max-age=60",
          `Content-Location: ${location}`,
        )
      );
      await using proxy = await Proxy.start(origin);
      const posted = await exchange(
        proxy,
        request("POST", "/p", host, "Content-Length: 0"),
      );
      assertEquals(posted.status, 200);
      const after = await exchange(proxy, request("GET", "/p", host));
      assertEquals(after.content, isStored ? "1" : "2");
    });
  }
});

Deno.test("unsafe requests that succeed invalidate (RFC 9111 §4.4)", async () => {
  const counts = new Map<string, number>();
  let location: string[] = [];
  let status = 200;
  await using origin = Origin.answering((request) => {
    const [method, target] = request.startLine.split(" ");
    const count = (counts.get(target!) ?? 0) + 1;
    counts.set(target!, count);
    return method === "GET"
      ? ok(String(count), FRESH)
      : `HTTP/1.1 ${status} x\r\n${location.join("\r\n")}${
        location.length > 0 ? "\r\n" : ""
      }Content-Length: 0\r\n\r\n`;
  });
  await using proxy = await Proxy.start(origin);
  const content = async (target: string): Promise<string> =>
    (await exchange(proxy, get(target))).content;
  const send = (method: string, target: string): Promise<Message> =>
    exchange(
      proxy,
      `${method} ${target} HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 1\r\n\r\nx`,
    );
  assertEquals([await content("/a"), await content("/a")], ["1", "1"]);
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "FOO"]) {
    const before = Number(await content("/a"));
    await send(method, "/a");
    assertEquals(Number(await content("/a")), before + 2, method);
  }
  status = 500;
  const before = await content("/a");
  await send("POST", "/a");
  assertEquals(await content("/a"), before);
  status = 303;
  location = ["Location: /a", "Content-Location: http://sluice.test/b"];
  const b = await content("/b");
  await send("POST", "/c");
  assert(await content("/a") !== before && await content("/b") !== b);
  location = ["Location: http://other.test/a"];
  const a = await content("/a");
  await send("POST", "/c");
  assertEquals(await content("/a"), a);
});

Deno.test("a POST that says so stores what GET would bring (RFC 9110 §9.3.3)", async () => {
  await using origin = Origin.answering(() =>
    ok("posted", FRESH, "Content-Location: /a")
  );
  await using proxy = await Proxy.start(origin);
  await exchange(
    proxy,
    "POST /a HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 3\r\n\r\nabc",
  );
  const answer = await exchange(proxy, get("/a"));
  assertEquals([answer.content, answer.field("age")], ["posted", "0"]);
});
