/** Caddy: one processor (it sees that it has no more), gzip at level 6; it has no cache of its own. */

import { type Peer, type Place, writeConfiguration } from "./peer.ts";

function configuration({ port, originPort, directory }: Place): string {
  return `{
  admin off
  auto_https off
  persist_config off
  storage file_system ${directory}
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  encode @page gzip 6
  @page path /page
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
    return ["caddy", "run", "--adapter", "caddyfile", "--config", path];
  },
};
