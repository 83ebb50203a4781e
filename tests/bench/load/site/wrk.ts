/** wrk for a site: its command line, and what its report has to be (pure). */

import { BROWSER_FIELDS } from "../../messages.ts";
import type { WrkReport } from "../wrk.ts";
import { HOST_COUNT, type Scheme, type SitePart } from "./plan.ts";

const SCRIPT = new URL("../wrk/site.lua", import.meta.url).pathname;
const TIMEOUT = "5s";
const UNSUCCESSFUL = /Non-2xx or 3xx responses: (\d+)/;

/** The command line for so many seconds of some kinds of requests. */
export function siteCommand(
  parts: readonly SitePart[],
  scheme: Scheme,
  port: number,
  connections: number,
  seconds: number,
): string[] {
  // A name, so that TLS has one to ask for.
  const hostname = scheme === "https" ? "localhost" : "127.0.0.1";
  return [
    ...["wrk", "-t1", `-c${connections}`, `-d${seconds}s`],
    ...["--timeout", TIMEOUT, "-s", SCRIPT],
    ...BROWSER_FIELDS.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    `${scheme}://${hostname}:${port}/`,
    "--",
    String(HOST_COUNT),
    ...parts.flatMap(({ path, share }) => [path, String(share)]),
  ];
}

/** Adds up what was measured at the same time. */
export function sumReports(reports: readonly WrkReport[]): WrkReport {
  return reports.reduce((sum, report) => ({
    requests: sum.requests + report.requests,
    perSecond: sum.perSecond + report.perSecond,
    bytes: sum.bytes + report.bytes,
    errors: [sum.errors, report.errors].filter((one) => one !== "").join("; "),
  }));
}

/** How many responses had a status that is no success. */
export function unsuccessful({ errors }: WrkReport): number {
  const counts = errors.matchAll(new RegExp(UNSUCCESSFUL, "g"));
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** What else went wrong; empty for nothing. */
export function otherErrors({ errors }: WrkReport): string {
  return errors.split("; ").filter((error) => !UNSUCCESSFUL.test(error))
    .join("; ");
}
