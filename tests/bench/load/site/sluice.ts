/** sluice for a site: one configuration file. */

import type { Config } from "sluice";
import { type SitePlace, writeConfiguration } from "../peers/peer.ts";
import { BURST, FILES_PATH, HOSTS, RATE } from "./plan.ts";

type Cache = Exclude<NonNullable<Config["cache"]>, string | boolean>;

/** Writes the configuration; returns its path. */
export function writeSluiceSite(place: SitePlace): string {
  const text = JSON.stringify(configuration(place));
  return writeConfiguration(place, "sluice.json", text);
}

/** A disk, and the store of a fleet: only if SITE_STORE has the URL of one. */
function slowerTiers({ directory }: SitePlace): Partial<Cache> {
  const url = Deno.env.get("SITE_STORE");
  return url === undefined ? {} : {
    shared: { url },
    disk: { path: `${directory}/kept`, size: "1GiB" },
  };
}

function configuration(place: SitePlace): Config {
  const routes = {
    "/": { proxy: "app", cache: "off" },
    "/c/*": { proxy: "app" },
    "/api/*": { proxy: "app", cache: "off" },
    "/old/*": { redirect: "/c{uri}" },
    [`${FILES_PATH}*`]: { files: place.root },
  } as const;
  return {
    listen: {
      http: `127.0.0.1:${place.port}`,
      https: `127.0.0.1:${place.tlsPort}`,
    },
    tls: { certificates: place.certificate.both, redirect: false },
    workers: 1,
    cache: { memory: "256MiB", ...slowerTiers(place) },
    compress: ["gzip"],
    limit: { rate: `${RATE}/s`, burst: BURST, by: "client" },
    log: { file: place.log, format: "json" },
    admin: { listen: `127.0.0.1:${place.adminPort}` },
    upstreams: { app: { servers: [`http://127.0.0.1:${place.originPort}`] } },
    hosts: Object.fromEntries(HOSTS.map((host) => [host, routes])),
  };
}
