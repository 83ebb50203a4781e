/**
 * nginx for a site. What it stores has the host in its key; compression is at the level
 * of the others, and files have theirs beside them.
 */

import { nginxGround } from "../peers/nginx.ts";
import { type SitePlace, writeConfiguration } from "../peers/peer.ts";
import { BURST, FILES_PATH, HOSTS, RATE } from "./plan.ts";

/** What a line of the log says. */
const LOGGED = [
  ["ts", "$time_iso8601"],
  ["client_ip", "$remote_addr"],
  ["method", "$request_method"],
  ["uri", "$request_uri"],
  ["proto", "$server_protocol"],
  ["host", "$host"],
  ["user_agent", "$http_user_agent"],
  ["referer", "$http_referer"],
  ["scheme", "$scheme"],
  ["status", "$status"],
  ["bytes_in", "$request_length"],
  ["bytes_out", "$bytes_sent"],
  ["duration", "$request_time"],
  ["upstream", "$upstream_addr"],
  ["ttfb", "$upstream_header_time"],
  ["cache", "$upstream_cache_status"],
] as const;

/** Writes the configuration; returns the command line. */
export function prepareNginxSite(place: SitePlace): string[] {
  const path = writeConfiguration(place, "nginx.conf", configuration(place));
  return ["nginx", "-p", place.directory, "-c", path];
}

function configuration(place: SitePlace): string {
  const { main, http } = nginxGround(place);
  const line = LOGGED.map(([name, value]) => `"${name}":"${value}"`).join(",");
  return `${main}
http {
  ${http.replace("access_log off;", "")}
  log_format line escape=json '{${line}}';
  access_log ${place.log} line buffer=64k flush=200ms;
  server_names_hash_max_size 8192;
  server_names_hash_bucket_size 128;
  ssl_certificate ${place.certificate.cert};
  ssl_certificate_key ${place.certificate.key};
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:4m;
  types { text/css css; }
  limit_req_zone $binary_remote_addr zone=clients:1m rate=${RATE}r/s;
  limit_req zone=clients burst=${BURST} nodelay;
  proxy_cache_path ${place.directory}/store levels=1:2 keys_zone=stored:64m
    max_size=1g inactive=1h use_temp_path=off;
  proxy_cache_key $scheme$host$request_uri;
  gzip on;
  gzip_comp_level 6;
  gzip_min_length 1024;
  gzip_proxied any;
  gzip_types text/css application/json;
  upstream origin {
    server 127.0.0.1:${place.originPort};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_buffer_size 16k;
  proxy_buffers 16 64k;
  proxy_busy_buffers_size 256k;
  proxy_max_temp_file_size 0;
  server {
    listen 127.0.0.1:${place.adminPort};
    location = /metrics { stub_status; }
  }
${HOSTS.map((host) => server(host, place)).join("\n")}
}
`;
}

function server(host: string, { port, tlsPort, root }: SitePlace): string {
  return `  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl backlog=4096;
    server_name ${host};
    location / { proxy_pass http://origin; }
    location /c/ { proxy_pass http://origin; proxy_cache stored; }
    location /api/ { proxy_pass http://origin; }
    location /old/ { return 308 /c$request_uri; }
    location ${FILES_PATH} { root ${root}; gzip_static on; }
  }`.replaceAll(" backlog=4096", host === HOSTS[0] ? " backlog=4096" : "");
}
