/** The live page: it shows what each event says. */

import { Charts, setText } from "./charts.js";
import { programState, span } from "./format.js";
import { Steering } from "./steering.js";
import { Stream } from "./stream.js";
import { factsOf, Tables, tilesOf } from "./tables.js";

const state = document.getElementById("state");
const notice = document.getElementById("notice");
const tiles = document.getElementById("tiles");
const steering = new Steering();
const charts = new Charts(document.getElementById("charts"));
const tables = new Tables(
  document.getElementById("tables"),
  (server, wish) => steering.steer(server, wish),
);
/** The last update; undefined before the first. */
let latest;
/** What the notice tells for some updates; it is not about the connection. */
let restarted = 0;

const NOTICE_UPDATES = 10;

function which() {
  return document.querySelector("input[name=counts]:checked").value;
}

function show(update) {
  noteRestart(update);
  latest = update;
  const { view } = update;
  showState(update);
  setText(document.getElementById("facts"), factsOf(update));
  setText(
    document.getElementById("recent-label"),
    view.recent.seconds >= 55
      ? "Last minute"
      : `Last ${Math.max(1, Math.round(view.recent.seconds))} seconds`,
  );
  showTiles(tilesOf(update));
  charts.add(update.points, view.nowMs);
  tables.show(update, which());
  steering.show(update);
  notice.hidden = restarted === 0;
  if (restarted > 0) restarted--;
}

/** Counters begin again with another process. */
function noteRestart({ view: { process } }) {
  if (latest === undefined) return;
  if (latest.view.process.startedMs === process.startedMs) return;
  restarted = NOTICE_UPDATES;
  charts.clear();
  notice.textContent = "sluice has been restarted: all counters begin again.";
  notice.dataset.tone = "";
}

function showState(update) {
  const text = programState(update);
  setText(state, text);
  state.dataset.state = update.isInMaintenance
    ? "maintenance"
    : update.readiness.isReady
    ? "ready"
    : "not-ready";
  document.title = text === "ready" ? "sluice" : `sluice: ${text}`;
  delete document.body.dataset.lost;
}

function showTiles(contents) {
  while (tiles.children.length < contents.length) {
    const tile = document.createElement("div");
    tile.append(
      document.createElement("dt"),
      document.createElement("dd"),
      document.createElement("dd"),
    );
    tiles.append(tile);
  }
  contents.forEach(({ name, value, note, tone = "" }, at) => {
    const [term, main, more] = tiles.children[at].children;
    setText(term, name);
    setText(main, value);
    setText(more, note);
    main.dataset.tone = tone;
  });
}

function tellLost(inMs, isRefused) {
  restarted = 0;
  notice.hidden = false;
  notice.dataset.tone = "bad";
  const what = isRefused
    ? "sluice cannot serve one more live page"
    : "No connection to sluice";
  const old = latest === undefined ? "" : ": what you see is old";
  notice.textContent = `${what}${old}. Trying again in ${span(inMs)}.`;
  setText(state, "no connection");
  state.dataset.state = "lost";
  document.title = "sluice: no connection";
  document.body.dataset.lost = "";
}

for (const input of document.querySelectorAll("input[name=counts]")) {
  input.addEventListener("change", () => {
    if (latest !== undefined) tables.show(latest, which());
  });
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && latest !== undefined) {
    charts.add([], latest.view.nowMs);
  }
});
new Stream(show, tellLost);
