/** Slices under load: clients that seek, wait and leave, while the content changes and is purged. */

import { assert, assertEquals } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import { get, Proxy } from "../support/proxy.ts";
import { random } from "../support/random.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { rows, tries } from "../support/tries.ts";

const SLICE = 16 * 1024;
const LENGTH = 12 * SLICE + 77;
const CLIENTS = 8;
const REQUESTS = tries(30, 60);

/** Each byte of version n is the n-th letter. */
function letterOf(version: number): string {
  return String.fromCharCode(97 + version % 26);
}

/** Which letters there are: mostly one, which is seen at once. */
function lettersOf(content: string): string {
  const first = content.slice(0, 1);
  if (content === first.repeat(content.length)) return first;
  return [...new Set(content)].join("");
}

/** What a client found in a response. */
interface Found {
  /** The versions of its bytes. */
  readonly letters: string;
  readonly etag: string;
  /** Whether all that was promised came. */
  readonly isWhole: boolean;
  readonly status: number;
}

/** One request on a connection of its own; some leave before the end. */
async function ask(
  proxy: Proxy,
  request: string,
  leaves: boolean,
): Promise<Found | undefined> {
  using client = await proxy.connect();
  await client.send(request);
  if (leaves) {
    await client.readThrough("\r\n").catch(() => {});
    return undefined;
  }
  const text = await client.readToEnd();
  const end = text.indexOf("\r\n\r\n") + 4;
  const head = text.slice(0, end);
  const content = text.slice(end);
  const promised = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? -1);
  return {
    letters: lettersOf(content),
    etag: /etag: "(\d+)"/i.exec(head)?.[1] ?? "",
    isWhole: content.length === promised,
    status: Number(head.slice(9, 12)),
  };
}

for (const workers of rows([1, 2], 2)) {
  Deno.test(`no response mixes versions, and none is older than a purge: ${workers} worker(s)`, async () => {
    let version = 0;
    await using origin = Origin.answering((request) => {
      const now = version;
      const condition = request.field("if-none-match");
      const fields = [
        `ETag: "${now}"`,
        "Cache-Control: max-age=60",
        "Accept-Ranges: bytes",
      ];
      if (condition === `"${now}"`) {
        return ["HTTP/1.1 304 Not Modified", ...fields, "", ""].join("\r\n");
      }
      const range = /bytes=(\d+)-(\d+)/.exec(request.field("range") ?? "");
      const start = Number(range?.[1] ?? 0);
      const end = Math.min(Number(range?.[2] ?? LENGTH) + 1, LENGTH);
      const status = range === null ? "200 OK" : "206 Partial Content";
      if (range !== null) {
        fields.push(`Content-Range: bytes ${start}-${end - 1}/${LENGTH}`);
      }
      const content = letterOf(now).repeat(end - start);
      return [
        `HTTP/1.1 ${status}`,
        ...fields,
        `Content-Length: ${content.length}`,
        "",
        content,
      ].join("\r\n");
    });
    await using proxy = await Proxy.startWith(
      (config) => ({
        ...config,
        store: {
          bytesMax: 40 * SLICE, // so that slices come and go
          objectBytesMax: 2 * SLICE,
          sliceBytes: SLICE,
        },
      }),
      origin,
      "--workers",
      `${workers}`,
    );
    let floor = 0;
    let whole = 0;
    const run = async (seed: number): Promise<void> => {
      const next = random(seed);
      for (let i = 0; i < REQUESTS; i++) {
        const before = floor;
        const start = Math.floor(next() * LENGTH);
        const last = Math.min(start + Math.floor(next() * 5 * SLICE), LENGTH);
        const request = next() < 0.2
          ? get("/v", "Connection: close")
          : get("/v", "Connection: close", `Range: bytes=${start}-${last}`);
        const found = await ask(proxy, request, next() < 0.1);
        if (found === undefined) continue;
        const what = JSON.stringify({ found, before, version });
        assert(found.letters.length <= 1 || found.status >= 500, what);
        if (found.status >= 300) continue;
        assertEquals(found.letters, letterOf(Number(found.etag)), what);
        assert(Number(found.etag) >= before, what);
        if (found.isWhole) whole++;
      }
    };
    let isOver = false;
    const change = async (): Promise<void> => {
      while (!isOver) {
        const now = ++version;
        const purge = `PURGE ${now % 2 === 0 ? "/v" : "/*"} HTTP/1.1`;
        using client = await proxy.connect();
        await client.send(bytesOf(
          `${purge}\r\nHost: sluice.test\r\nConnection: close\r\n\r\n`,
        ));
        await client.readToEnd();
        floor = now;
        for (let i = 0; i < 2 && !isOver; i++) {
          await ask(proxy, get("/v", "Connection: close"), false);
        }
      }
    };
    const changing = change();
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => run(i + 1)));
    isOver = true;
    await changing;
    assert(
      version > 5 && whole > CLIENTS * REQUESTS / 3,
      `${version} ${whole}`,
    );
  });
}
