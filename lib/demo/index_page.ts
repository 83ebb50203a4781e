/** The page that explains the demo: what each host does, the configuration, and what else there is to see. */

import { document } from "./pages.ts";
import { commandFor, placeOf, TOUR, type TourHost } from "./tour.ts";

/** One thing to see of the origin behind the page. */
interface Sight {
  readonly target: string;
  readonly what: string;
  /** The arguments of a `curl` that shows it. */
  readonly curl: string;
  /** The target for `curl`, if it differs from the one for browsers. */
  readonly curlTarget?: string;
}

const SIGHTS: readonly Sight[] = [
  {
    target: "/second",
    what:
      "A page with an entity tag. Request it twice: the second is answered from the cache.",
    curl: "-i",
  },
  {
    target: "/api/time",
    what: "The time, as JSON that no cache may store.",
    curl: "-i",
  },
  {
    target: "/api/echo",
    what:
      "Your request as the origin received it, with the headers that sluice added.",
    curl: "-d hello",
  },
  {
    target: "/slow",
    what: "Ten lines, one at a time: each arrives as soon as it is written.",
    curl: "-N",
  },
  {
    target: "/events.html",
    what: "Server-sent events, one each second (the stream is /events).",
    curl: "-N",
    curlTarget: "/events",
  },
  {
    target: "/ws.html",
    what: "A WebSocket that echoes what you send (at /ws).",
    curl:
      "-i -N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: c2x1aWNlIGRlbW8ga2V5IQ=='",
    curlTarget: "/ws",
  },
  {
    target: "/large",
    what: "4 MiB of text, streamed.",
    curl: "-o /dev/null",
  },
  {
    target: "/cache/minute",
    what: "Fresh for one minute: the time in it stands still.",
    curl: "-i",
  },
  {
    target: "/cache/stale",
    what:
      "Fresh for 5 s. For 30 s more you get the stale one while sluice fetches a new one.",
    curl: "-i",
  },
  {
    target: "/cache/vary",
    what: "One stored response for each Accept-Language.",
    curl: "-i -H 'Accept-Language: de'",
  },
  {
    target: "/private",
    what: "For one client only: a shared cache does not store it.",
    curl: "-i",
  },
  { target: "/status/503", what: "Any status from 200 to 599.", curl: "-i" },
];

/** What can be seen of sluice itself. */
export interface Inside {
  /** Where the admin listener is: `host:port`. */
  readonly admin: string;
  /** What `explain` says of the shop at this moment; undefined if it says nothing. */
  readonly explained: string | undefined;
}

/**
 * The index page, with links to all others.
 *
 * @param address The address that the reader used: `http://host:port`.
 * @param configuration The text of the file that the demo runs by.
 * @param inside Undefined if there is no admin listener.
 */
export function indexPage(
  address: string,
  configuration: string,
  inside?: Inside,
): string {
  return document(
    "sluice",
    `<h1>sluice</h1>
<p>This is <code>sluice --demo</code>: one proxy, several hosts, and the origins behind it.
All of it comes from <a href="#configuration">one configuration file</a>.
Each host is a link for browsers; the <code>curl</code> lines work everywhere.
The proxy's access log, on its standard output, shows what it did.</p>
${inside === undefined ? "" : insidePart(inside, address)}
${TOUR.map((host) => hostPart(host, address)).join("\n")}
<h2 id="configuration">The configuration</h2>
<pre>${escaped(configuration)}</pre>
<h2>The origin of this page</h2>
<p>This page comes from a sample origin, through the proxy. The origin says itself what may be stored. It has more:</p>
<ul>
${SIGHTS.map((sight) => sightItem(sight, address)).join("\n")}
</ul>`,
  );
}

/** What one host does, and how to see it. */
function hostPart(host: TourHost, address: string): string {
  const items = host.stops.map((stop) =>
    `<li><code>${commandFor(host, stop, address)}</code><br>${stop.look}</li>`
  );
  return `<h2><a href="${placeOf(host, address)}">${
    host.name || "*"
  }</a>: ${host.what}</h2>
<ul>
${items.join("\n")}
</ul>`;
}

/** The live page, and why sluice does what it does. */
function insidePart({ admin, explained }: Inside, address: string): string {
  const shop = shopUrl(address);
  return `<h2>What it does, and why</h2>
<ul>
<li><a href="http://${admin}/" target="_blank">The live page</a>: requests, latency, hits and reasons, second by second. Leave it open while you try the rest.<br>
<code>sluice top --admin ${admin}</code> shows the same in a terminal.</li>
<li><form action="http://${admin}/explain" target="_blank">What becomes of a request, and why:
<input name="url" value="${shop}" size="30"> <button>Explain</button></form><br>
<code>sluice explain ${shop} --admin ${admin}</code></li>
<li><a href="http://${admin}/metrics" target="_blank">Metrics</a> for Prometheus, and <a href="http://${admin}/" target="_blank">buttons</a> that purge, drain a server or switch maintenance on.</li>
</ul>${
    explained === undefined ? "" : `
<details open><summary>This is what it says of the shop now. Go there, come back and reload: it says something else.</summary>
<pre>${escaped(explained)}</pre></details>`
  }`;
}

/** The first page of the shop. */
export function shopUrl(address: string): string {
  const port = /:\d+$/.exec(address)?.[0] ?? "";
  return `http://shop.localhost${port}/`;
}

function sightItem(
  { target, what, curl, curlTarget = target }: Sight,
  address: string,
): string {
  return `<li><a href="${target}">${target}</a>: ${what}<br>
<code>curl ${curl} ${address}${curlTarget}</code></li>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
