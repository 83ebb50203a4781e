/** What is stored is what the origin said: rules and codings are those of the day it is delivered. */

import { assertEquals } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { contentOf, gzipped, read } from "../support/coded.ts";
import { rows } from "../support/tries.ts";

const HEAD = [
  "HTTP/1.1 200 OK",
  "Cache-Control: max-age=60",
  "Content-Type: text/html",
  "Cache-Tag: t",
  "X-Origin: 1",
];

for (const workers of rows(["1", "2"], "1")) {
  const flags = ["--workers", workers];

  Deno.test(`${workers} worker(s): a stored response has the rules of today`, async () => {
    const content = contentOf(5000);
    await using origin = Origin.answering(() =>
      `${HEAD.join("\r\n")}\r\nContent-Length: 5000\r\n\r\n${content}`
    );
    await using proxy = await Proxy.start(origin, ...flags);
    const fetched = (...fields: string[]): Promise<Message> =>
      exchange(proxy, get("/", ...fields));
    const marks = ({ field }: Message): (string | undefined)[] =>
      ["x-origin", "x-rule", "cache-tag", "vary", "content-encoding"]
        .map(field);
    await fetched();
    const plain = ["1", undefined, undefined, "Accept-Encoding", undefined];
    assertEquals(marks(await fetched()), plain);
    assertEquals(marks(await fetched("Accept-Encoding: gzip")), [
      ...plain.slice(0, 4),
      "gzip",
    ]);

    await proxy.replace(
      origin,
      ...flags,
      "--response-header",
      "X-Rule: a",
      "--response-header",
      "-X-Origin",
      "--compress",
      "off",
    );
    const ruled = [undefined, "a", undefined, undefined, undefined];
    assertEquals(marks(await fetched()), ruled);
    assertEquals(marks(await fetched("Accept-Encoding: gzip")), ruled);

    await proxy.replace(origin, ...flags, "--cache-tags");
    assertEquals(marks(await fetched()), [
      "1",
      undefined,
      "t",
      "Accept-Encoding",
      undefined,
    ]);
  });

  Deno.test(`${workers} worker(s): nobody gets gzip unread because it was stored when it could be taken off`, async () => {
    const content = contentOf(5000);
    const coded = await gzipped(content);
    let asked = 0;
    await using origin = Origin.answering(({ field }) => {
      asked++;
      const isCoded = field("accept-encoding")?.includes("gzip") ?? false;
      const body = isCoded ? coded : content;
      return `${HEAD.join("\r\n")}\r\n${
        isCoded ? "Content-Encoding: gzip\r\n" : ""
      }Content-Length: ${body.length}\r\n\r\n${body}`;
    });
    await using proxy = await Proxy.start(origin, ...flags);
    const fetched = async (...fields: string[]): Promise<string> => {
      const message = await exchange(proxy, get("/", ...fields));
      return `${message.field("content-encoding") ?? "plain"} ${
        await read(message) === content
      }`;
    };
    assertEquals(await fetched("Accept-Encoding: gzip"), "gzip true");
    assertEquals(await fetched(), "plain true");
    assertEquals(asked, 1); // of one copy

    await proxy.replace(origin, ...flags, "--compress", "off");
    assertEquals(await fetched("Accept-Encoding: gzip"), "gzip true");
    assertEquals(asked, 1);
    assertEquals(await fetched(), "plain true");
    assertEquals(asked, 2);
  });
}
