/** Apache Traffic Server, with all that it reads and writes in a folder of its own. */

import type { Place } from "./subjects.ts";

function records({ port, memoryMiB }: Place): string {
  const settings = [
    `http.server_ports STRING ${port}`,
    "exec_thread.autoconfig INT 0",
    "exec_thread.limit INT 1",
    "admin.user_id STRING #-1",
    "crash_log_helper STRING NULL",
    "log.logging_enabled INT 0",
    "http.insert_response_via_str INT 0",
    `cache.ram_cache.size INT ${memoryMiB * 2 ** 20}`,
    "cache.min_average_object_size INT 8000",
  ];
  return settings.map((line) => `CONFIG proxy.config.${line}\n`).join("");
}

/** Writes what it needs; tells how it is started. */
export function writeTrafficServer(place: Place): {
  readonly command: readonly string[];
  readonly env: Record<string, string>;
} {
  const { folder, originPort, diskMiB } = place;
  for (const name of ["etc", "cache", "run", "log"]) {
    Deno.mkdirSync(`${folder}/${name}`, { recursive: true });
  }
  const own: Readonly<Record<string, string>> = {
    "runroot.yaml": [
      `prefix: ${folder}`,
      "exec_prefix: /usr",
      "bindir: /usr/bin",
      "sbindir: /usr/sbin",
      `sysconfdir: ${folder}/etc`,
      `datadir: ${folder}/cache`,
      "includedir: /usr/include",
      "libdir: /usr/lib/trafficserver",
      "libexecdir: /usr/lib/trafficserver/modules",
      `localstatedir: ${folder}`,
      `runtimedir: ${folder}/run`,
      `logdir: ${folder}/log`,
      `cachedir: ${folder}/cache`,
      "",
    ].join("\n"),
    "etc/records.config": records(place),
    "etc/storage.config": `${folder}/cache ${diskMiB}M\n`,
    "etc/remap.config": `map / http://127.0.0.1:${originPort}/\n`,
    "etc/ip_allow.yaml": [
      "ip_allow:",
      "  - apply: in",
      "    ip_addrs: [0/0, ::/0]",
      "    action: allow",
      "    methods: ALL",
      "",
    ].join("\n"),
  };
  for (const [name, text] of Object.entries(own)) {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
  }
  return { command: ["traffic_server"], env: { TS_RUNROOT: folder } };
}
