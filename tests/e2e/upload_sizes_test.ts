/** Content arrives as it was sent, whatever its size and that of the head before it. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { Proxy } from "../support/proxy.ts";

const KIB = 1024;

/** Sizes around those of buffers, and of what is copied behind the head. */
const SIZES: readonly number[] = [
  1,
  1023,
  4 * KIB,
  16 * KIB,
  32 * KIB - 1,
  32 * KIB + 1,
  64 * KIB - 1,
  64 * KIB,
  64 * KIB + 1,
  68 * KIB,
  300 * KIB,
];

/** How much longer the head is: nothing, or more than there is room for before the content. */
const PADDINGS = [0, 900, 5000] as const;

/** How a request is sent. */
const WAYS: Readonly<
  Record<string, (client: Peer, head: string, content: string) => Promise<void>>
> = {
  "at once": (client, head, content) => client.send(head + content),
  "in two": async (client, head, content) => {
    await client.send(head);
    await client.send(content);
  },
  "cut in the content": async (client, head, content) => {
    const middle = Math.floor(content.length / 2);
    await client.send(head + content.slice(0, middle));
    await client.send(content.slice(middle));
  },
};

/** Content that is nowhere like elsewhere. */
function contentOf(size: number): string {
  let text = "";
  for (let i = 0; text.length < size; i++) text += `${size}:${i};`;
  return text.slice(0, size);
}

for (const [way, send] of Object.entries(WAYS)) {
  for (const padding of PADDINGS) {
    Deno.test(`content sent ${way} behind a head with ${padding} bytes more`, async () => {
      const seen: string[] = [];
      await using origin = Origin.answering(({ content, startLine }) => {
        seen.push(startLine, content);
        return ok(`${content.length}`);
      });
      await using proxy = await Proxy.start(origin);
      using client = await proxy.connect();
      for (const size of SIZES) {
        const content = contentOf(size);
        const head = `POST /${size} HTTP/1.1\r\nHost: a\r\n` +
          `X-Padding: ${"x".repeat(padding)}\r\n` +
          `Content-Length: ${size}\r\n\r\n`;
        await send(client, head, content);
        assertEquals((await client.readMessage()).content, `${size}`);
        assertEquals(seen.splice(0), [`POST /${size} HTTP/1.1`, content]);
      }
    });
  }
}
