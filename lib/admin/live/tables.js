/**
 * The tables. Everything in them is text, whatever it looks like: names of hosts, paths
 * and errors come from elsewhere. Rows are kept as long as they can be, so that focus
 * and selection outlast the next second.
 */

import { setText } from "./charts.js";
import {
  ago,
  bytes,
  count,
  duration,
  NONE,
  percentile,
  ratio,
  serverState,
  span,
  until,
} from "./format.js";

/** Before a certificate expires, somebody should look, in ms. */
const SOON_MS = 14 * 24 * 60 * 60 * 1000;

const REQUEST_COLUMNS = [
  { name: "reason" },
  { name: "times", isNumber: true },
  { name: "share", isNumber: true },
];

/** What there is to see, in order: columns, and how rows are made of an update. */
const TABLES = [
  {
    id: "routes",
    title: "Busiest routes",
    none: "No requests in this time.",
    isWide: true,
    columns: [
      { name: "route" },
      { name: "requests", isNumber: true },
      { name: "mean", isNumber: true, isExtra: true },
      { name: "p50", isNumber: true, isExtra: true },
      { name: "p99", isNumber: true },
      { name: "hits", isNumber: true },
      { name: "5xx", isNumber: true },
      { name: "sent", isNumber: true, isExtra: true },
    ],
    rows: (_, { routes }) =>
      routes.map((route) => ({
        cells: [
          routeName(route.route),
          count(route.requests),
          duration(route.mean),
          percentile(route.p50),
          percentile(route.p99),
          ratio(route.hitRatio),
          route.failures === 0
            ? "0"
            : { text: count(route.failures), tone: "bad" },
          bytes(route.bytesOut),
        ],
      })),
  },
  {
    id: "misses",
    title: "Why requests missed the cache",
    none: "Nothing missed the cache in this time.",
    columns: REQUEST_COLUMNS,
    rows: (_, { missReasons }) => reasonRows(missReasons),
  },
  {
    id: "rejections",
    title: "Why sluice refused requests",
    none: "Nothing was refused in this time.",
    columns: REQUEST_COLUMNS,
    rows: (_, { rejections }) => reasonRows(rejections),
  },
  {
    id: "servers",
    title: "Upstream servers",
    none: "There are no upstreams.",
    isWide: true,
    left: ({ view }) => view.serverCount - view.servers.length,
    columns: [
      { name: "server" },
      { name: "state" },
      { name: "weight", isNumber: true, isExtra: true },
      { name: "busy", isNumber: true },
      { name: "idle", isNumber: true, isExtra: true },
      { name: "change" },
    ],
    rows: ({ view: { servers } }) =>
      servers.map((server) => ({
        item: server,
        cells: [
          { text: server.server, note: server.upstream },
          stateCell(server),
          String(server.weight),
          count(server.busyConnections),
          count(server.idleConnections),
          { steers: server },
        ],
      })),
  },
  {
    id: "upstreams",
    title: "Upstreams",
    none: "No upstream has been asked in this time.",
    columns: [
      { name: "upstream" },
      { name: "responses", isNumber: true },
      { name: "mean", isNumber: true, isExtra: true },
      { name: "p99", isNumber: true },
      { name: "retries", isNumber: true, isExtra: true },
      { name: "waiting", isNumber: true },
    ],
    rows: (_, { upstreams }) =>
      upstreams.map((upstream) => ({
        cells: [
          upstream.upstream,
          count(upstream.responses),
          duration(upstream.mean),
          percentile(upstream.p99),
          count(upstream.retries),
          count(upstream.waiting),
        ],
      })),
  },
  {
    id: "tiers",
    title: "What is stored",
    none: "Nothing is cached: there is no cache.",
    columns: [
      { name: "tier" },
      { name: "responses", isNumber: true },
      { name: "bytes", isNumber: true },
      { name: "of", isNumber: true },
      { name: "evicted", isNumber: true, isExtra: true },
    ],
    rows: ({ view: { tiers } }) =>
      tiers.map((tier) => ({
        cells: [
          tier.tier,
          count(tier.objects),
          bytes(tier.bytes),
          bytes(tier.bytesMax),
          count(tier.evicted),
        ],
      })),
  },
  {
    id: "certificates",
    title: "Certificates",
    none: "There are none: clients speak plain HTTP.",
    left: ({ view }) => view.certificateCount - view.certificates.length,
    columns: [{ name: "name" }, { name: "expires" }],
    rows: ({ view: { certificates, nowMs } }) =>
      certificates.map(({ name, expiresMs }) => ({
        cells: [name, {
          text: until(expiresMs, nowMs),
          note: new Date(expiresMs).toISOString().slice(0, 10),
          tone: expiresMs - nowMs < SOON_MS ? "bad" : "",
        }],
      })),
  },
  {
    id: "errors",
    title: "Recent errors",
    none: "Nothing has gone wrong.",
    columns: [{ name: "what" }, { name: "times", isNumber: true }, {
      name: "last",
      isNumber: true,
    }],
    rows: ({ view: { recentErrors, nowMs } }) =>
      recentErrors.map(({ text, level, count: times, atMs }) => ({
        cells: [
          { text, tone: level === "error" ? "bad" : "" },
          count(times),
          ago(atMs, nowMs),
        ],
      })),
  },
];

/** Words that stand for what has no name. */
function routeName(route) {
  if (route === "none") return "(no route)";
  return route === "other" ? "(all others)" : route;
}

function reasonRows(reasons) {
  const all = reasons.reduce((sum, reason) => sum + reason.count, 0);
  return reasons.map(({ reason, words, count: times }) => ({
    cells: [
      { text: words || reason, note: words ? reason : "" },
      count(times),
      ratio(times / all),
    ],
  }));
}

function stateCell(server) {
  const state = serverState(server);
  return {
    text: state,
    note: state === "up" ? "" : server.reason,
    pill: state,
  };
}

/** All tables. */
export class Tables {
  #tables;

  /**
   * @param {HTMLElement} place
   * @param {(server: any, state: string) => void} onSteer
   */
  constructor(place, onSteer) {
    this.#tables = TABLES.map((spec) => new Table(place, spec, onSteer));
  }

  /**
   * @param {any} update
   * @param {"recent" | "total"} which What the tables count.
   */
  show(update, which) {
    for (const table of this.#tables) table.show(update, update.view[which]);
  }
}

class Table {
  #spec;
  #onSteer;
  #body = document.createElement("tbody");
  #none = document.createElement("p");
  #frame = document.createElement("div");

  constructor(place, spec, onSteer) {
    this.#spec = spec;
    this.#onSteer = onSteer;
    const section = document.createElement("section");
    section.id = spec.id;
    if (spec.isWide) section.className = "wide";
    const title = document.createElement("h2");
    title.id = `${spec.id}-title`;
    title.textContent = spec.title;
    section.setAttribute("aria-labelledby", title.id);
    this.#frame.className = "frame";
    this.#frame.tabIndex = 0; // so that it can be scrolled by keys
    this.#frame.setAttribute("role", "region");
    this.#frame.setAttribute("aria-labelledby", title.id);
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const { name, isNumber, isExtra } of spec.columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      cell.className = classOf({ isNumber, isExtra });
      head.append(cell);
    }
    table.append(this.#body);
    this.#none.className = "none";
    this.#frame.append(table);
    section.append(title, this.#frame, this.#none);
    place.append(section);
  }

  show(update, counts) {
    const rows = this.#spec.rows(update, counts);
    const left = this.#spec.left?.(update) ?? 0;
    this.#frame.hidden = rows.length === 0;
    this.#none.hidden = rows.length > 0 && left === 0;
    setText(
      this.#none,
      rows.length === 0 ? this.#spec.none : `and ${count(left)} more`,
    );
    while (this.#body.rows.length > rows.length) this.#body.deleteRow(-1);
    rows.forEach(({ cells }, at) => {
      const row = this.#body.rows[at] ?? this.#addRow();
      cells.forEach((cell, column) => this.#fill(row.cells[column], cell));
    });
  }

  #addRow() {
    const row = this.#body.insertRow();
    for (const [at, column] of this.#spec.columns.entries()) {
      const cell = document.createElement(at === 0 ? "th" : "td");
      if (at === 0) cell.scope = "row";
      cell.className = classOf(column);
      cell.append(document.createElement("span"));
      const note = document.createElement("small");
      note.hidden = true;
      cell.append(note);
      row.append(cell);
    }
    return row;
  }

  #fill(cell, content) {
    if (content.steers !== undefined) return this.#steer(cell, content.steers);
    const { text, note = "", tone = "", pill = "" } =
      typeof content === "string" ? { text: content } : content;
    const [span, small] = cell.children;
    setText(span, text);
    setText(small, note);
    small.hidden = note === "";
    span.dataset.tone = tone;
    span.dataset.pill = pill;
  }

  /** Buttons for what may become of a server; they stay as long as it is so. */
  #steer(cell, server) {
    const states = server.state === "up" ? ["drain", "down"] : ["up"];
    const key = JSON.stringify([server.upstream, server.server, states]);
    if (cell.dataset.key === key) return;
    cell.dataset.key = key;
    cell.replaceChildren(...states.map((state) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = state;
      button.setAttribute(
        "aria-label",
        `${state}: ${server.server} of ${server.upstream}`,
      );
      button.addEventListener("click", () => this.#onSteer(server, state));
      return button;
    }));
  }
}

function classOf({ isNumber, isExtra }) {
  return [isNumber && "number", isExtra && "extra"].filter(Boolean).join(" ");
}

/** The tiles above everything: name, value, and what more there is to say. */
export function tilesOf({ view }) {
  const { recent, inFlight, clientConnections, tunnels, process, total } = view;
  const requests = Object.values(recent.requests)
    .reduce((sum, one) => sum + one, 0);
  const all = Object.values(total.requests).reduce((sum, one) => sum + one, 0);
  const seconds = Math.max(1, recent.seconds);
  const failures = recent.requests["5xx"];
  const saved = total.bytesSavedByCache + total.bytesSavedByCoding;
  return [
    {
      name: "requests a second",
      value: ratePerSecond(requests / seconds),
      note: `${count(all)} since the start`,
    },
    {
      name: "mean duration",
      value: duration(recent.mean),
      note: `p99 ${percentile(recent.p99)}`,
    },
    {
      name: "hit ratio",
      value: ratio(recent.hitRatio),
      note: `${ratio(total.hitRatio)} since the start`,
    },
    {
      name: "bytes saved",
      value: bytes(saved),
      note: `cache ${bytes(total.bytesSavedByCache)}, coding ${
        bytes(total.bytesSavedByCoding)
      }`,
    },
    {
      name: "sent a second",
      value: bytes(recent.bytesOut / seconds),
      note: `${bytes(total.bytesOut)} since the start`,
    },
    {
      name: "5xx",
      value: requests === 0 ? NONE : ratio(failures / requests),
      note: `${count(total.requests["5xx"])} since the start`,
      tone: failures > 0 ? "bad" : "",
    },
    {
      name: "in flight",
      value: count(inFlight),
      note: `${count(clientConnections)} connections${
        tunnels > 0 ? `, ${count(tunnels)} tunnels` : ""
      }`,
    },
    {
      name: "memory",
      value: bytes(process.residentBytes),
      note: `${duration(process.cpuSeconds * 1000)} of processor time`,
    },
  ];
}

function ratePerSecond(value) {
  return value >= 1000 ? count(value) : String(Number(value.toPrecision(3)));
}

/** What the head says of the program. */
export function factsOf({ view: { process, config, nowMs } }) {
  const workers = process.workers === 1
    ? "1 worker"
    : `${process.workers} workers`;
  return [
    location.host,
    process.version,
    workers,
    `up ${span(Math.max(0, nowMs - process.startedMs))}`,
    ...(config.isLastReloadGood ? [] : ["the last reload failed"]),
  ].join(" · ");
}
