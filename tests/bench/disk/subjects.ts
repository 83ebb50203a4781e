/** The caches on disk that are compared, each with one thread or process that answers. */

import { writeTrafficServer } from "./traffic_server.ts";

/** Where a subject runs, and what it may take. */
export interface Place {
  readonly folder: string;
  readonly port: number;
  readonly originPort: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
}

/** A program that keeps what it answers on disk. */
export interface Subject {
  readonly name: string;
  readonly executable: string;
  /** Writes what it needs; tells how it is started. */
  prepare(place: Place): Started;
}

/** How a program is started. */
export interface Started {
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
}

const PROGRAM = new URL("../../../main.ts", import.meta.url).pathname;

const SLUICE: Subject = {
  name: "sluice",
  executable: "deno",
  prepare({ folder, port, originPort, memoryMiB, diskMiB }): Started {
    const file = `${folder}/sluice.json`;
    Deno.writeTextFileSync(
      file,
      JSON.stringify({
        listen: `127.0.0.1:${port}`,
        workers: 1,
        log: { format: "off" },
        cache: {
          memory: `${memoryMiB}MiB`,
          maxObject: "1MiB",
          disk: { path: `${folder}/cache`, size: `${diskMiB}MiB`, admit: 1 },
        },
        hosts: { "*": { proxy: `http://127.0.0.1:${originPort}` } },
      }),
    );
    const run = ["deno", "run", "-A", "--no-check"];
    return { command: [...run, PROGRAM, "--config", file] };
  },
};

const NGINX: Subject = {
  name: "nginx",
  executable: "nginx",
  prepare({ folder, port, originPort, diskMiB }): Started {
    const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const places = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`);
    Deno.writeTextFileSync(
      `${folder}/nginx.conf`,
      `${Deno.uid() === 0 ? "user root;" : ""}
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 8000; }
http {
  access_log off; keepalive_requests 1000000000; sendfile on; tcp_nodelay on;
  ${places.join(" ")}
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=c:64m max_size=${diskMiB}m
    inactive=10h use_temp_path=off;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    proxy_http_version 1.1; proxy_set_header Connection "";
    location / { proxy_cache c; proxy_cache_lock on; proxy_pass http://origin; }
  }
}
`,
    );
    return {
      command: ["nginx", "-p", folder, "-c", `${folder}/nginx.conf`],
    };
  },
};

const TRAFFIC_SERVER: Subject = {
  name: "Traffic Server",
  executable: "traffic_server",
  prepare: writeTrafficServer,
};

/** All of them. */
export const SUBJECTS: readonly Subject[] = [SLUICE, NGINX, TRAFFIC_SERVER];
