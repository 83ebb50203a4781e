/**
 * Servers that do nothing but answer, in TLS: what the runtime can do at best, and what
 * sluice's own TLS costs without sluice. Also the origin, which does not speak TLS.
 *
 * `deno run -A tests/bench/tls/loops.ts KIND PORT`
 */

import { createTlsContext } from "../../../lib/net/tls_engine.ts";
import { TlsSocket } from "../../../lib/net/tls_socket.ts";
import { writeAll } from "../../../lib/net/writer.ts";
import { CERTIFICATE_PEM, KEY_PEM } from "../../support/certificate.ts";

/** What all of them answer with. */
export const CONTENT_BYTES = 1024;

const encoder = new TextEncoder();
const LINES =
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=600\r\nContent-Length: ${CONTENT_BYTES}\r\n`;
const HEAD = encoder.encode(`${LINES}\r\n`);
const CLOSING = encoder.encode(`${LINES}Connection: close\r\n\r\n`);
const CONTENT = new Uint8Array(CONTENT_BYTES).fill(120);
const WHOLE = new Uint8Array([...HEAD, ...CONTENT]);
const LAST = new Uint8Array([...CLOSING, ...CONTENT]);

interface Socket {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** One answer for each read: a client sends a request at a time. A path with `two` gets it in two writes. */
async function answer(socket: Socket): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    for (;;) {
      const count = await socket.read(buffer);
      if (count === null) break;
      const request = new TextDecoder().decode(buffer.subarray(0, count));
      const isClosing = /Connection: close|HTTP\/1\.0/.test(request);
      if (buffer[5] === "t".charCodeAt(0)) {
        await writeAll(socket, HEAD);
        await new Promise((resolve) => setTimeout(resolve, 0));
        await writeAll(socket, CONTENT);
      } else await writeAll(socket, isClosing ? LAST : WHOLE);
      if (isClosing) break;
    }
  } catch {
    // It has left.
  }
  if ("finish" in socket) (socket as TlsSocket).finish(); // and says that this was all
  else socket.close();
}

const KINDS: Readonly<Record<string, (port: number) => Promise<void>>> = {
  async origin(port): Promise<void> {
    for await (const conn of Deno.listen({ hostname: "127.0.0.1", port })) {
      conn.setNoDelay(true);
      answer(conn);
    }
  },
  async listenTls(port): Promise<void> {
    const place = { hostname: "127.0.0.1", port };
    const pair = { cert: CERTIFICATE_PEM, key: KEY_PEM };
    const listener = Deno.listenTls({
      ...place,
      ...pair,
      alpnProtocols: ["http/1.1"],
    });
    for await (const conn of listener) answer(conn);
  },
  async engine(port): Promise<void> {
    const context = createTlsContext(CERTIFICATE_PEM, KEY_PEM);
    for await (const conn of Deno.listen({ hostname: "127.0.0.1", port })) {
      conn.setNoDelay(true);
      const identity = { serverName: "", covers: () => true };
      const socket = TlsSocket.ofClient(conn, context, identity);
      socket.handshake().then(() => answer(socket), () => socket.close());
    }
  },
};

if (import.meta.main) {
  const [kind, port] = Deno.args;
  await KINDS[kind!]!(Number(port));
}
