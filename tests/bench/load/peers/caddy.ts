/** Caddy: one processor (it sees that it has no more), gzip at level 6; it has no cache of its own. */

import { type Peer, type Place, writeConfiguration } from "./peer.ts";

function configuration({ port, originPort }: Place): string {
  return `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  @page path /page
  encode @page {
    gzip 6
  }
  reverse_proxy 127.0.0.1:${originPort} {
    transport http {
      keepalive 1h
      keepalive_idle_conns_per_host 128
      compression off
    }
  }
}
`;
}

/** See the module's comment. */
export const CADDY: Peer = {
  name: "caddy",
  title: "Caddy",
  executable: "caddy",
  versionArgs: ["version"],
  lacks: ["cache"],
  prepare(place): string[] {
    const path = writeConfiguration(place, "Caddyfile", configuration(place));
    const { directory } = place;
    // It would keep its configuration and its certificates where its user does.
    return [
      ...["env", `XDG_CONFIG_HOME=${directory}`, `XDG_DATA_HOME=${directory}`],
      ...["caddy", "run", "--adapter", "caddyfile", "--config", path],
    ];
  },
};
