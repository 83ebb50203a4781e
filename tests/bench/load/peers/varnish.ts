/**
 * Varnish: stores in memory, below `/c/` only; cookies are of no account there. It
 * compresses once, before it stores. Threads wait in one pool, enough of them for
 * every connection of the load.
 */

import { type Peer, type Place, writeConfiguration } from "./peer.ts";

function configuration({ originPort }: Place): string {
  return `vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "${originPort}"; }
sub vcl_recv {
  if (req.url ~ "^/c/") {
    unset req.http.Cookie;
    return (hash);
  }
  return (pass);
}
sub vcl_backend_response {
  if (beresp.http.Content-Type ~ "^text/html") { set beresp.do_gzip = true; }
}
`;
}

const PARAMETERS = [
  "thread_pools=1",
  "thread_pool_min=100",
  "thread_pool_max=1000",
  "timeout_idle=3600",
  "gzip_level=6",
];

/** See the module's comment. */
export const VARNISH: Peer = {
  name: "varnish",
  title: "Varnish",
  executable: "varnishd",
  versionArgs: ["-V"],
  lacks: [],
  prepare(place): string[] {
    const { directory, port } = place;
    const path = writeConfiguration(place, "vcl", configuration(place));
    return [
      ...["varnishd", "-F", "-j", "none", "-T", "none"],
      ...["-n", `${directory}/work`, "-f", path],
      ...["-a", `127.0.0.1:${port}`, "-s", "malloc,256m"],
      ...PARAMETERS.flatMap((parameter) => ["-p", parameter]),
    ];
  },
};
