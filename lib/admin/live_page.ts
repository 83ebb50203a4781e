/**
 * The live page: what browsers get at `/`, the files that it is made of, and its events.
 * It needs nothing from elsewhere. The chart library is embedded: it draws 300 points in
 * a canvas in a millisecond, in 50 KB.
 */

import { namedText } from "../http/named_field.ts";
import {
  type AdminReply,
  type AdminRequest,
  problemReply,
} from "./resource.ts";

/** What the page may load and do, as header lines with their CRLFs. Nothing makes script or markup out of text. */
const POLICY =
  "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; " +
  "connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; " +
  "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n" +
  "Cross-Origin-Opener-Policy: same-origin\r\n";

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

interface File {
  readonly type: string;
  readonly read: () => Promise<{ readonly default: string }>;
}

/** By path: what the page loads. A browser names the whole path, so that modules find each other. */
const FILES: Readonly<Record<string, File>> = {
  "/page.css": {
    type: STYLE,
    read: () => import("./live/page.css", { with: { type: "text" } }),
  },
  "/page.js": {
    type: SCRIPT,
    read: () => import("./live/page.js", { with: { type: "text" } }),
  },
  "/stream.js": {
    type: SCRIPT,
    read: () => import("./live/stream.js", { with: { type: "text" } }),
  },
  "/charts.js": {
    type: SCRIPT,
    read: () => import("./live/charts.js", { with: { type: "text" } }),
  },
  "/tables.js": {
    type: SCRIPT,
    read: () => import("./live/tables.js", { with: { type: "text" } }),
  },
  "/steering.js": {
    type: SCRIPT,
    read: () => import("./live/steering.js", { with: { type: "text" } }),
  },
  "/theme.js": {
    type: SCRIPT,
    read: () => import("./live/theme.js", { with: { type: "text" } }),
  },
  "/format.js": {
    type: SCRIPT,
    read: () => import("./live/format.js", { with: { type: "text" } }),
  },
  "/icon.svg": {
    type: "image/svg+xml",
    read: () => import("./live/icon.svg", { with: { type: "text" } }),
  },
  "/uplot.js": {
    type: SCRIPT,
    read: () =>
      import("uplot/dist/uPlot.iife.min.js", { with: { type: "text" } }),
  },
  "/uplot.css": {
    type: STYLE,
    read: () => import("uplot/dist/uPlot.min.css", { with: { type: "text" } }),
  },
};

/** Whether the client shows pages: a browser. */
export function wantsPage({ x }: AdminRequest): boolean {
  const accept = namedText(x.request.fields, "accept") ?? "";
  return accept.includes("text/html");
}

/** What the page has only for those who have logged in. */
const FOR_LOGIN = " hidden data-login";

/** The page itself. */
export async function livePage(
  { hasLogin }: AdminRequest,
): Promise<AdminReply> {
  const { default: page } = await import("./live/page.html", {
    with: { type: "text" },
  });
  const content = hasLogin ? page.replace(FOR_LOGIN, "") : page;
  const lines = `Vary: Accept\r\n${POLICY}`;
  return { status: 200, type: "text/html; charset=utf-8", content, lines };
}

/** `/live`: a stream of events. Behind it: the files of the page. */
export async function readLive(
  { x, rest, streams, live }: AdminRequest,
): Promise<AdminReply> {
  if (rest !== "") {
    const file = Object.hasOwn(FILES, rest) ? FILES[rest] : undefined;
    if (file === undefined) return problemReply(404, "there is no such file");
    const { default: content } = await file.read();
    return { status: 200, type: file.type, content };
  }
  const content = streams.open(x, live);
  return content === undefined
    ? problemReply(503, "too many live pages are open", "Retry-After: 5\r\n")
    : { status: 200, type: "text/event-stream", content };
}
