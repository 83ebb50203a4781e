/** The tour of the demo: what to ask each of its hosts, and what to look at in the answer. */

/** One thing to ask. */
export interface Stop {
  /** What stands behind `curl`, before the host and the address. */
  readonly options?: string;
  readonly target: string;
  /** What to look at in the answer. */
  readonly look: string;
}

/** A host of the configuration. */
export interface TourHost {
  /** Empty for every other name. */
  readonly name: string;
  readonly what: string;
  /** Where a browser begins. */
  readonly start: string;
  readonly stops: readonly Stop[];
}

/** Shows the head of the answer alone. */
const HEAD = "-so /dev/null -D -";

/** The hosts, in the order of the configuration. */
export const TOUR: readonly TourHost[] = [
  {
    name: "shop.localhost",
    what: "a proxy with a cache",
    start: "/",
    stops: [
      {
        options: HEAD,
        target: "/",
        look:
          "Cache-Status: uri-miss, then hit; after 5 s a hit with a ttl below 0, while the page is fetched again. No X-Powered-By; security headers",
      },
      {
        options: HEAD,
        target: "/?utm_source=mail",
        look: "hit: of the query, only page counts",
      },
      {
        options: `${HEAD} -H 'Accept-Encoding: br'`,
        target: "/",
        look: "Content-Encoding: br",
      },
      {
        options: "-i",
        target: "/basket",
        look:
          "no Cache-Status: this path is not cached, the time is always now",
      },
      {
        options: "-X PURGE",
        target: "/*",
        look: "how many responses were purged: the next one is a miss again",
      },
    ],
  },
  {
    name: "static.localhost",
    what: "files of a folder",
    start: "/",
    stops: [
      {
        options: "-H 'Accept: application/json'",
        target: "/",
        look: "what is in the folder; a browser gets a page",
      },
      {
        options: "-i -r 0-15",
        target: "/lines.txt",
        look: "206 Partial Content, and the first line",
      },
    ],
  },
  {
    name: "old.localhost",
    what: "a redirect",
    start: "/",
    stops: [
      {
        options: "-i",
        target: "/?page=2",
        look: "308, and a Location at the shop",
      },
    ],
  },
  {
    name: "api.localhost",
    what: "a route for each path",
    start: "/hello",
    stops: [
      {
        options: "-i",
        target: "/hello",
        look: "a response of sluice's own, with your address in it",
      },
      {
        target: "/v1/orders/7",
        look: "the path that the origin got: without /v1",
      },
      {
        options: "-i -X DELETE",
        target: "/v1/orders/7",
        look: "405: only GET and HEAD go on to the origin",
      },
      {
        options: "-i",
        target: "/v1/report",
        look: "504 after 1 s, with a page of the configuration's",
      },
      {
        options: "-i",
        target: "/office",
        look: "403: only 10.0.0.0/8 may",
      },
      {
        options: "-i",
        target: "/guess",
        look: "204 twice, then 429, and how long to wait",
      },
    ],
  },
  {
    name: "",
    what: "every other name",
    start: "/sluice.json",
    stops: [{
      target: "/sluice.json",
      look: "the configuration that all this comes from",
    }],
  },
];

/**
 * The command line for a stop.
 *
 * @param address Where the demo is: `http://host:port`.
 */
export function commandFor(
  { name }: TourHost,
  { options, target }: Stop,
  address: string,
): string {
  const words = [
    "curl",
    ...(options === undefined ? [] : [options]),
    ...(name === "" ? [] : [`-H 'Host: ${name}'`]),
    /[?*&]/.test(target) ? `'${address}${target}'` : address + target,
  ];
  return words.join(" ");
}

/** Where a browser finds a host of the demo: it looks for names below `localhost` on its own machine. */
export function placeOf({ name, start }: TourHost, address: string): string {
  const port = /:\d+$/.exec(address)?.[0] ?? "";
  return name === "" ? address + start : `http://${name}${port}${start}`;
}

/** The tour as lines for a terminal. */
export function tourLines(address: string): string[] {
  return TOUR.flatMap((host) => [
    "",
    `${host.name || "*"}: ${host.what}`,
    ...host.stops.flatMap((stop) => [
      `  ${commandFor(host, stop, address)}`,
      `      ${stop.look}`,
    ]),
  ]);
}

/**
 * What there is to see at the admin listener, as lines for a terminal.
 *
 * @param address Where the demo is.
 * @param admin Where its admin listener is; undefined if there is none.
 */
export function adminLines(
  address: string,
  admin: string | undefined,
): string[] {
  if (admin === undefined) return [];
  const page = new URL(address);
  page.hostname = "shop.localhost";
  return [
    "",
    "admin: what sluice does, and why",
    `  http://${admin}/`,
    "      in a browser: the live page",
    `  curl 'http://${admin}/explain?url=${page.href}'`,
    "      what becomes of a request for the shop: each decision with its rule",
    `  sluice top --admin ${admin}`,
    "      the live page for this terminal",
  ];
}
