/** The screen of `sluice top`: what the live page shows, as lines of a terminal (pure). */

import type { LiveUpdate } from "../admin/live_source.ts";
import {
  bytes,
  count,
  duration,
  percentile,
  programState,
  rate,
  ratio,
  serverState,
  span,
  until,
} from "../admin/live/format.js";
import { printable } from "../explain/text.ts";
import type { LiveCounts } from "../observe/metrics/live.ts";

/** What the screen may be. */
export interface Screen {
  readonly columns: number;
  /** Infinity for all lines that there are. */
  readonly rows: number;
  readonly hasColour: boolean;
  /** What the tables count. */
  readonly counts: "recent" | "total";
  /** What stands behind the first line: how to leave, or that the connection is lost. */
  readonly hint: string;
}

/** A line that may be coloured: what is said of it, and how. */
interface Line {
  readonly text: string;
  readonly tone?: "title" | "bad" | "dim";
}

const CODES = { title: "1", bad: "31", dim: "2" } as const;
const COLUMNS_MIN = 20;
/** For a certificate to expire, in ms: before that, it is marked. */
const SOON_MS = 14 * 24 * 60 * 60 * 1000;

/** The lines of a screen, none of them wider and not more than it has. */
export function screenLines(
  update: LiveUpdate,
  { columns, rows, hasColour, hint, counts }: Screen,
): string[] {
  const width = Math.max(COLUMNS_MIN, columns);
  return allLines(update, width, hint, counts)
    .slice(0, rows)
    .map(({ text, tone }) => {
      const shown = cut(text, width);
      return hasColour && tone !== undefined
        ? `\x1b[${CODES[tone]}m${shown}\x1b[0m`
        : shown;
    });
}

function allLines(
  update: LiveUpdate,
  width: number,
  hint: string,
  which: Screen["counts"],
): Line[] {
  const counts = update.view[which];
  const time = which === "total"
    ? "since the start"
    : `last ${span(Math.max(1000, counts.seconds * 1000))}`;
  return [
    ...headLines(update, hint),
    { text: "" },
    { text: `busiest routes, ${time}`, tone: "title" },
    ...routeLines(counts, width),
    ...reasonLines("no hits, because", counts.missReasons),
    ...reasonLines("refused, because", counts.rejections),
    ...serverLines(update, width),
    ...errorLines(update),
  ];
}

function headLines(update: LiveUpdate, hint: string): Line[] {
  const { view } = update;
  const { recent, total, process, tiers, certificates, nowMs } = view;
  const [tier] = tiers;
  const [certificate] = certificates;
  const state = programState(update);
  return [
    {
      text: `sluice ${process.version}  ${state}  up ${
        span(Math.max(0, nowMs - process.startedMs))
      }  workers ${process.workers}${hint === "" ? "" : `  ${hint}`}`,
      tone: state === "ready" ? "title" : "bad",
    },
    {
      text: `last ${span(Math.max(1000, recent.seconds * 1000))}: ${
        rate(sumOf(recent.requests) / Math.max(1, recent.seconds))
      }/s  ${classesText(recent)}  since the start ${
        count(sumOf(total.requests))
      }`,
    },
    {
      text: `latency: mean ${duration(recent.mean)}  p50 ${
        percentile(recent.p50)
      }  p90 ${percentile(recent.p90)}  p99 ${percentile(recent.p99)}`,
    },
    {
      text: `cache: hits ${ratio(recent.hitRatio)} (${
        ratio(total.hitRatio)
      } since the start)  saved ${bytes(total.bytesSavedByCache)}, by coding ${
        bytes(total.bytesSavedByCoding)
      }${
        tier === undefined
          ? ""
          : `  stored ${count(tier.objects)}, ${bytes(tier.bytes)} of ${
            bytes(tier.bytesMax)
          }`
      }`,
    },
    {
      text: `now: ${count(view.inFlight)} in flight  ${
        count(view.clientConnections)
      } connections  ${count(view.tunnels)} tunnels  memory ${
        bytes(process.residentBytes)
      }`,
    },
    ...(certificate === undefined ? [] : [{
      text: `certificates: ${certificate.name} expires ${
        until(certificate.expiresMs, nowMs)
      }${
        view.certificateCount > 1 ? `, ${view.certificateCount - 1} later` : ""
      }`,
      ...(certificate.expiresMs - nowMs < SOON_MS
        ? { tone: "bad" } as const
        : {}),
    }]),
  ];
}

function classesText({ requests, seconds }: LiveCounts): string {
  return Object.entries(requests)
    .filter(([name, count]) => count > 0 || name === "2xx" || name === "5xx")
    .map(([name, count]) =>
      `${name === "none" ? "other" : name} ${
        rate(count / Math.max(1, seconds))
      }`
    ).join("  ");
}

function sumOf(requests: LiveCounts["requests"]): number {
  return Object.values(requests).reduce((sum, one) => sum + one, 0);
}

function routeLines({ routes }: LiveCounts, width: number): Line[] {
  if (routes.length === 0) return [{ text: "none", tone: "dim" }];
  const table = [
    ["requests", "mean", "p99", "hits", "5xx", "route"],
    ...routes.map((route) => [
      count(route.requests),
      duration(route.mean),
      percentile(route.p99),
      ratio(route.hitRatio),
      count(route.failures),
      route.route,
    ]),
  ];
  return tableLines(table, width);
}

/** Columns of numbers, and a text behind them. */
function tableLines(table: readonly string[][], width: number): Line[] {
  const widths = table[0]!.map((_, column) =>
    Math.max(...table.map((row) => row[column]!.length))
  );
  return table.map((row, at) => {
    const text = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell.padStart(widths[column]!)
    ).join("  ");
    return at === 0 ? { text: cut(text, width), tone: "dim" } : { text };
  });
}

function reasonLines(
  title: string,
  reasons: LiveCounts["missReasons"],
): Line[] {
  if (reasons.length === 0) return [];
  const digits = Math.max(...reasons.map((one) => count(one.count).length));
  return [
    { text: "" },
    { text: title, tone: "title" },
    ...reasons.slice(0, 6).map(({ reason, words, count: times }) => ({
      text: `${count(times).padStart(digits)}  ${words || reason}${
        words ? ` (${reason})` : ""
      }`,
    })),
  ];
}

function serverLines({ view }: LiveUpdate, width: number): Line[] {
  const { servers, serverCount } = view;
  if (servers.length === 0) return [];
  const lines = tableLines([
    ["state", "busy", "idle", "weight", "server"],
    ...servers.map((server) => [
      serverState(server),
      count(server.busyConnections),
      count(server.idleConnections),
      String(server.weight),
      `${server.server}${
        server.server === server.upstream ||
          server.upstream.endsWith(`//${server.server}`)
          ? ""
          : ` of ${server.upstream}`
      }${server.isHealthy || server.reason === "" ? "" : `: ${server.reason}`}`,
    ]),
  ], width);
  const marked = lines.map((line, at) => {
    const server = servers[at - 1];
    return server === undefined || serverState(server) === "up"
      ? line
      : { ...line, tone: "bad" } as const;
  });
  const left = serverCount - servers.length;
  return [
    { text: "" },
    { text: "upstream servers", tone: "title" },
    ...marked,
    ...(left > 0 ? [{ text: `and ${left} more` }] : []),
  ];
}

function errorLines({ view: { recentErrors, nowMs } }: LiveUpdate): Line[] {
  if (recentErrors.length === 0) return [];
  return [
    { text: "" },
    { text: "recent errors", tone: "title" },
    ...recentErrors.map(({ text, level, count: times, atMs }) => ({
      text: `${span(Math.max(0, nowMs - atMs))} ago  ${text}${
        times > 1 ? ` (${count(times)} times)` : ""
      }`,
      ...(level === "error" ? { tone: "bad" } as const : {}),
    })),
  ];
}

/** As much of a text as a line holds, with plain spaces; nothing in it steers the terminal. */
function cut(text: string, width: number): string {
  const shown = printable(text.slice(0, width * 4)).replaceAll("\u00a0", " ");
  return shown.length <= width ? shown : `${shown.slice(0, width - 1)}…`;
}
