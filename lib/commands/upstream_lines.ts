/** The state of servers, in lines for a terminal (pure). */

import type {
  ServerReport,
  UpstreamReport,
} from "../upstream/administration.ts";

/** An upstream's name, and a line for each of its servers. */
export function serverLines({ name, servers }: UpstreamReport): string[] {
  const width = Math.max(0, ...servers.map((server) => server.name.length));
  return [
    name,
    ...servers.map((server) =>
      `  ${server.name.padEnd(width)}  ${said(server)}`
    ),
  ];
}

function said(server: ServerReport): string {
  const { state, weight, isBackup, inFlight, connections } = server;
  return [
    state.padEnd(5),
    `weight ${weight}`,
    ...(isBackup ? ["backup"] : []),
    `${inFlight} in flight`,
    `${connections} connections`,
    ...trouble(server),
  ].join("  ");
}

function trouble(
  { isFailingProbes, ejectedForMs, reason }: ServerReport,
): string[] {
  const why = reason === "" ? "" : `: ${reason}`;
  if (isFailingProbes) return [`fails its probes${why}`];
  return ejectedForMs === 0
    ? []
    : [`ejected for ${Math.ceil(ejectedForMs / 1000)} s${why}`];
}
