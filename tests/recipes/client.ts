/** A client that says which host it wants, and tells when each piece came. */

// deno-lint-ignore no-external-import -- fetch() does not send another Host
import { request } from "node:http";

/** A request. */
export interface Question {
  readonly path: string;
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What came. */
export interface Asked {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** When each piece came, in ms since the request, and what it was. */
  readonly pieces: readonly (readonly [ms: number, text: string])[];
  header(name: string): string | undefined;
}

/** Asks at a port of this machine. */
export async function ask(
  port: number,
  { path, method = "GET", host = "localhost", headers = {}, body }: Question,
): Promise<Asked> {
  const beginMs = performance.now();
  return await new Promise((resolve, reject) => {
    const asked = request({
      port,
      host: "127.0.0.1",
      path,
      method,
      headers: { host, ...headers },
      agent: false,
    }, (response) => {
      const pieces: [number, string][] = [];
      const parts: Uint8Array[] = [];
      response.on("data", (part: Uint8Array) => {
        parts.push(part);
        pieces.push([
          performance.now() - beginMs,
          new TextDecoder().decode(part),
        ]);
      });
      response.on("error", reject);
      response.on("end", () => {
        const bytes = joined(parts);
        resolve({
          status: response.statusCode ?? 0,
          bytes,
          text: new TextDecoder().decode(bytes),
          pieces,
          header: (name) => {
            const value = response.headers[name];
            return Array.isArray(value) ? value.join(", ") : value;
          },
        });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
