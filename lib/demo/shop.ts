/**
 * The origin of the demo's shop. Like many an application it says nothing about how long
 * its pages are fresh, and tells everybody what it is made with.
 */

import type { Clock } from "../net/clock.ts";
import { type DemoOrigin, serveOrigin } from "./serve.ts";

/** Goods of the list; so many that compression shows. */
const GOODS = 60;

/** Starts the shop. */
export function startShop(clock: Clock): DemoOrigin {
  return serveOrigin((request) => {
    const { pathname, searchParams } = new URL(request.url);
    const now = new Date(clock.now()).toISOString();
    if (pathname === "/basket") {
      return text(`Your basket is empty. Looked at on ${now}.\n`);
    }
    const page = searchParams.get("page") ?? "1";
    return text(goods(pathname, /^\d{1,4}$/.test(page) ? page : "1", now));
  });
}

function text(content: string): Response {
  return new Response(content, {
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Powered-By": "the shop's framework",
    },
  });
}

function goods(path: string, page: string, now: string): string {
  const lines = Array.from(
    { length: GOODS },
    (_, index) => `${index + 1}. A gate for a small canal, size ${index + 1}`,
  );
  return `The shop, ${path}, page ${page}, made at ${now}\n\n${
    lines.join("\n")
  }\n`;
}
