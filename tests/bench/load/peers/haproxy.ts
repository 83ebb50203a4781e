/**
 * HAProxy: one thread, any idle connection to the origin for any client; filters
 * only on the paths that need them. Builds with libslz (Debian's) compress at one
 * level of their own, faster and larger than level 6.
 */

import { type Peer, type Place, writeConfiguration } from "./peer.ts";

function configuration({ port, originPort }: Place): string {
  const server = `server origin 127.0.0.1:${originPort}`;
  const gzip = "compression algo gzip\n  compression type text/html";
  const store = `http-request cache-use stored
  http-response cache-store stored`;
  return `global
  nbthread 1
  maxconn 8000
  tune.comp.maxlevel 6
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  http-reuse always
  default-server pool-max-conn -1 pool-purge-delay 1h
cache stored
  total-max-size 64
  max-object-size 4000000
  max-age 3600
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  use_backend stored_page if { path /c/page }
  use_backend stored if { path_beg /c/ }
  use_backend page if { path /page }
  default_backend plain
backend plain
  ${server}
backend page
  ${gzip}
  ${server}
backend stored
  ${store}
  ${server}
backend stored_page
  filter cache stored
  filter compression
  ${gzip}
  ${store}
  ${server}
`;
}

/** See the module's comment. */
export const HAPROXY: Peer = {
  name: "haproxy",
  title: "HAProxy",
  executable: "haproxy",
  versionArgs: ["-v"],
  lacks: [],
  prepare(place): string[] {
    const text = configuration(place);
    return ["haproxy", "-db", "-f", writeConfiguration(place, "cfg", text)];
  },
};
