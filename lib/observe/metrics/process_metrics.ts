/** The metrics of the process and its configuration (pure). */

import type { Metric } from "./metric.ts";

/** See the module's comment. */
export const PROCESS_METRICS: readonly Metric[] = [
  {
    name: "sluice_config_last_reload_successful",
    type: "gauge",
    help: "Whether the last attempt to read the configuration was successful.",
    labels: [],
    samples: ({ config }) => [[[], config.isLastReloadGood ? 1 : 0]],
  },
  {
    name: "sluice_config_last_reload_timestamp_seconds",
    type: "gauge",
    help: "When the configuration in force was loaded.",
    labels: [],
    samples: ({ config }) => [[[], config.loadedMs / 1000]],
  },
  {
    name: "sluice_certificate_expiry_timestamp_seconds",
    type: "gauge",
    help: "When a certificate that clients are shown expires.",
    labels: ["name"],
    samples: ({ certificates }) =>
      certificates.map(({ name, expiresMs }) => [[name], expiresMs / 1000]),
  },
  {
    name: "sluice_workers",
    type: "gauge",
    help: "Threads that serve clients.",
    labels: [],
    samples: ({ process }) => [[[], process.workers]],
  },
  {
    name: "sluice_build_info",
    type: "info",
    help: "The version of sluice, and of the runtime under it.",
    labels: ["version", "deno"],
    samples: ({ process }) => [[[process.version, process.runtime], 1]],
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When the process started.",
    labels: [],
    samples: ({ process }) => [[[], process.startedMs / 1000]],
  },
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "Processor time that all threads have used.",
    labels: [],
    samples: ({ process }) => [[[], process.cpuSeconds]],
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Memory that the process takes.",
    labels: [],
    samples: ({ process }) => [[[], process.residentBytes]],
  },
  {
    name: "process_open_fds",
    type: "gauge",
    help: "Open descriptors; only if sluice runs with --allow-all.",
    labels: [],
    samples: ({ process: { openDescriptors } }) =>
      openDescriptors === undefined ? [] : [[[], openDescriptors]],
  },
];
