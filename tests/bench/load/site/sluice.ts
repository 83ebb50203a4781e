/** sluice for a site: one configuration file. */

import type { Config } from "sluice";
import { type SitePlace, writeConfiguration } from "../peers/peer.ts";
import { BURST, FILES_PATH, HOSTS, RATE } from "./plan.ts";

type Cache = Exclude<NonNullable<Config["cache"]>, string | boolean>;

/**
 * Writes the configuration.
 *
 * @param storeUrl The store of a fleet: the cache has that and a disk behind its
 *   memory; undefined for memory alone.
 * @returns Its path.
 */
export function writeSluiceSite(place: SitePlace, storeUrl?: string): string {
  const text = JSON.stringify(configuration(place, storeUrl));
  return writeConfiguration(place, "sluice.json", text);
}

function slowerTiers(
  { directory }: SitePlace,
  storeUrl: string | undefined,
): Partial<Cache> {
  return storeUrl === undefined ? {} : {
    shared: { url: storeUrl },
    disk: { path: `${directory}/kept`, size: "1GiB" },
  };
}

function configuration(
  place: SitePlace,
  storeUrl: string | undefined,
): Config {
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
    cache: { memory: "256MiB", ...slowerTiers(place, storeUrl) },
    compress: ["gzip"],
    limit: { rate: `${RATE}/s`, burst: BURST, by: "client" },
    log: { file: place.log, format: "json" },
    admin: { listen: `127.0.0.1:${place.adminPort}` },
    upstreams: { app: { servers: [`http://127.0.0.1:${place.originPort}`] } },
    hosts: Object.fromEntries(HOSTS.map((host) => [host, routes])),
  };
}
