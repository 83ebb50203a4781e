/**
 * nginx: one worker, connections to the origin kept, buffers that hold a whole
 * response of most sizes. It stores only below `/c/`, so that what cannot be stored
 * is not looked for; it compresses what it has stored anew for each client, as it
 * always does.
 */

import { type Peer, type Place, writeConfiguration } from "./peer.ts";

/** Temporary files and the user to run as: what nginx needs wherever it runs. */
export function nginxGround({ directory }: Place): {
  readonly main: string;
  readonly http: string;
} {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return {
    // A master that is root would give its workers to a user who may not read here.
    main: `${Deno.uid() === 0 ? "user root;" : ""}
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
error_log stderr warn;
pid ${directory}/pid;
events { worker_connections 16000; }`,
    http: `access_log off;
  tcp_nodelay on;
  sendfile on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_buffer_size 128k;
  open_file_cache max=20000 inactive=1h;
  open_file_cache_valid 1h;
${
      kinds.map((kind) => `  ${kind}_temp_path ${directory}/${kind};`).join(
        "\n",
      )
    }`,
  };
}

function configuration(place: Place): string {
  const { main, http } = nginxGround(place);
  return `${main}
http {
  ${http}
  proxy_cache_path ${place.directory}/store levels=1:2 keys_zone=stored:64m
    max_size=1g inactive=1h use_temp_path=off;
  gzip on;
  gzip_comp_level 6;
  gzip_min_length 1024;
  gzip_proxied any;
  upstream origin {
    server 127.0.0.1:${place.originPort};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffer_size 16k;
  proxy_buffers 16 64k;
  proxy_busy_buffers_size 256k;
  proxy_max_temp_file_size 0;
  server {
    listen 127.0.0.1:${place.port} backlog=4096;
    location / { proxy_pass http://origin; }
    location /c/ { proxy_pass http://origin; proxy_cache stored; }
  }
}
`;
}

/** See the module's comment. */
export const NGINX: Peer = {
  name: "nginx",
  title: "nginx",
  executable: "nginx",
  versionArgs: ["-v"],
  lacks: [],
  prepare(place): string[] {
    const { directory } = place;
    const path = writeConfiguration(place, "nginx.conf", configuration(place));
    return ["nginx", "-p", directory, "-c", path];
  },
};
