/**
 * The sample origin of `--demo`: the page that explains the configuration, and one
 * resource for each thing that a newcomer may want to see of an origin.
 */

import type { Clock } from "../net/clock.ts";
import { FILE_NAME } from "./configuration.ts";
import { indexPage, type Inside, shopUrl } from "./index_page.ts";
import { eventsPage, secondPage, STYLE, webSocketPage } from "./pages.ts";
import { type DemoOrigin, serveOrigin } from "./serve.ts";
import { events, largeText, slowText } from "./streams.ts";

/** Bytes of `/large`. */
const LARGE_BYTES = 4 * 1024 * 1024;
/** For the proxy to say what it would do, in ms: the page does not wait for longer. */
const EXPLAIN_MS = 1000;
const HTML = "text/html; charset=utf-8";
const TEXT = "text/plain; charset=utf-8";

type Route = (
  request: Request,
  clock: Clock,
  parts: readonly string[],
) => Response | Promise<Response>;

const ROUTES: readonly (readonly [path: RegExp, route: Route])[] = [
  [
    /^\/second$/,
    (request): Promise<Response> => tagged(request, secondPage(), HTML),
  ],
  [
    /^\/style\.css$/,
    (request): Promise<Response> => tagged(request, STYLE, "text/css"),
  ],
  [/^\/api\/time$/, (_, clock): Response => json({ now: iso(clock) })],
  [/^\/api\/echo$/, echo],
  [/^\/slow$/, (_, clock): Response => stream(slowText(clock), TEXT)],
  [
    /^\/events$/,
    (_, clock): Response => stream(events(clock), "text/event-stream"),
  ],
  [/^\/events\.html$/, (): Response => page(eventsPage(), "no-cache")],
  [/^\/ws$/, webSocket],
  [/^\/ws\.html$/, (): Response => page(webSocketPage(), "no-cache")],
  [/^\/large$/, (): Response => stream(largeText(LARGE_BYTES), TEXT)],
  [/^\/cache\/minute$/, (_, clock): Response => made("max-age=60", clock)],
  [
    /^\/cache\/stale$/,
    (_, clock): Response => made("max-age=5, stale-while-revalidate=30", clock),
  ],
  [/^\/cache\/vary$/, varied],
  [/^\/private$/, (_, clock): Response => made("private, max-age=60", clock)],
  [/^\/status\/([2-5]\d\d)$/, status],
];

/**
 * Starts the sample origin on a free port of the loopback interface.
 *
 * @param readConfiguration Reads the file that the proxy before it runs by.
 * @param adminAddress Tells where its admin listener is, as `host:port`.
 */
export function startDemoOrigin(
  clock: Clock,
  readConfiguration: () => Promise<string>,
  adminAddress: () => string | undefined = () => undefined,
): DemoOrigin {
  return serveOrigin(async (request) => {
    const { pathname } = new URL(request.url);
    const isFile = pathname === `/${FILE_NAME}`;
    if (!isFile && pathname !== "/") return answer(request, clock);
    const text = await readConfiguration();
    if (isFile) {
      const headers = { "Content-Type": TEXT, "Cache-Control": "no-cache" };
      return new Response(text, { headers });
    }
    const address = addressOf(request);
    const inside = await insideOf(adminAddress(), address, clock);
    return page(indexPage(address, text, inside), "no-cache");
  });
}

/** What can be seen of the proxy itself. */
async function insideOf(
  admin: string | undefined,
  address: string,
  clock: Clock,
): Promise<Inside | undefined> {
  if (admin === undefined) return undefined;
  const url = encodeURIComponent(shopUrl(address));
  const late = new AbortController();
  const cancel = clock.after(EXPLAIN_MS, () => late.abort());
  try {
    const response = await fetch(`http://${admin}/explain?url=${url}`, {
      signal: late.signal,
    });
    const text = await response.text();
    return { admin, explained: response.ok ? text : undefined };
  } catch {
    return { admin, explained: undefined }; // the file may say so by now
  } finally {
    cancel();
  }
}

function answer(request: Request, clock: Clock): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  for (const [path, route] of ROUTES) {
    const match = path.exec(pathname);
    if (match !== null) return route(request, clock, match.slice(1));
  }
  return new Response("404: the demo has no such page. Try /\n", {
    status: 404,
    headers: { "Content-Type": TEXT, "Cache-Control": "max-age=10" },
  });
}

/** The address that the client used: the proxy passes its Host on. */
function addressOf(request: Request): string {
  const { host } = new URL(request.url);
  const scheme = request.headers.get("X-Forwarded-Proto") === "https"
    ? "https"
    : "http";
  // Only a name and a port may go onto a page that people copy into a shell.
  return /^[\w.:[\]-]+$/.test(host)
    ? `${scheme}://${host}`
    : "http://127.0.0.1:8000";
}

function page(html: string, cacheControl: string): Response {
  return new Response(html, {
    headers: { "Content-Type": HTML, "Cache-Control": cacheControl },
  });
}

/** A page with an entity tag, which a client or a cache can validate. */
async function tagged(
  request: Request,
  text: string,
  type: string,
): Promise<Response> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(text),
  );
  const etag = `"${new Uint8Array(digest).toHex().slice(0, 16)}"`;
  const headers = {
    "Content-Type": type,
    "Cache-Control": "max-age=300",
    "ETag": etag,
  };
  const isKnown = request.headers.get("If-None-Match") === etag;
  return isKnown
    ? new Response(null, { status: 304, headers })
    : new Response(text, { headers });
}

function json(value: unknown): Response {
  return new Response(`${JSON.stringify(value, null, 2)}\n`, {
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
    },
  });
}

async function echo(request: Request): Promise<Response> {
  const content = await request.text();
  return json({
    method: request.method,
    type: request.headers.get("Content-Type"),
    length: content.length,
    content: content.slice(0, 1000),
    via: request.headers.get("Via"),
    forwardedFor: request.headers.get("X-Forwarded-For"),
  });
}

function stream(body: ReadableStream<Uint8Array>, type: string): Response {
  return new Response(body, {
    headers: { "Content-Type": type, "Cache-Control": "no-store" },
  });
}

/** A text with the time when the origin made it: a cached one shows a time in the past. */
function made(cacheControl: string, clock: Clock): Response {
  return new Response(`The origin made this at ${iso(clock)}\n`, {
    headers: { "Content-Type": TEXT, "Cache-Control": cacheControl },
  });
}

function iso(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}

function varied(request: Request, clock: Clock): Response {
  const language = request.headers.get("Accept-Language") ?? "any language";
  const text = `For ${language}, made at ${iso(clock)}\n`;
  return new Response(text, {
    headers: {
      "Content-Type": TEXT,
      "Cache-Control": "max-age=60",
      "Vary": "Accept-Language",
    },
  });
}

function status(
  _: Request,
  _clock: Clock,
  [code]: readonly string[],
): Response {
  const isEmpty = ["204", "205", "304"].includes(code!);
  return new Response(isEmpty ? null : `Status ${code}\n`, {
    status: Number(code),
    headers: { "Content-Type": TEXT },
  });
}

function webSocket(request: Request): Response {
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return new Response("A WebSocket is wanted here\n", { status: 426 });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }): void => socket.send(`echo: ${data}`);
  return response;
}
