/**
 * Caddy for a site: as Debian has it, without a cache (what the others have stored, it
 * asks the origin for) and without a rate limit, which are modules of others.
 */

import { type SitePlace, writeConfiguration } from "../peers/peer.ts";
import { FILES_PATH, HOSTS } from "./plan.ts";

/** Writes the configuration; returns the command line. */
export function prepareCaddySite(place: SitePlace): string[] {
  const path = writeConfiguration(place, "Caddyfile", configuration(place));
  const { directory } = place;
  return [
    ...["env", `XDG_CONFIG_HOME=${directory}`, `XDG_DATA_HOME=${directory}`],
    ...["caddy", "run", "--adapter", "caddyfile", "--config", path],
  ];
}

function configuration(place: SitePlace): string {
  const { adminPort, certificate, log, originPort, root } = place;
  return `{
  admin 127.0.0.1:${adminPort}
  auto_https off
  servers {
    metrics
    protocols h1
  }
}
(app) {
  reverse_proxy 127.0.0.1:${originPort} {
    transport http {
      keepalive 1h
      keepalive_idle_conns_per_host 128
      compression off
    }
  }
}
(site) {
  bind 127.0.0.1
  log {
    output file ${log} {
      roll_disabled
    }
  }
  encode {
    gzip 6
    minimum_length 1024
  }
  handle /old/* {
    redir /c{uri} 308
  }
  handle ${FILES_PATH}* {
    file_server {
      root ${root}
      precompressed gzip
    }
  }
  handle /api/* {
    import app
  }
  handle {
    import app
  }
}
${HOSTS.map((host) => site(host, place, certificate)).join("\n")}
`;
}

function site(
  host: string,
  { port, tlsPort }: SitePlace,
  { cert, key }: SitePlace["certificate"],
): string {
  return `http://${host}:${port} {
  import site
}
https://${host}:${tlsPort} {
  tls ${cert} ${key}
  import site
}`;
}
