/** The charts: five minutes, one point a second, drawn by uPlot; legends are ours. */

import { bytes, duration, NONE, percentile, rate, ratio } from "./format.js";

/** How much of the past they show, in s. */
const SPAN_S = 5 * 60;
/** While less is known, they show that much. */
const SPAN_MIN_S = 60;
/** A longer time without a point is a gap, in s. */
const GAP_S = 3;
const HEIGHT = 180;

/** Between the lines of an axis of bytes. */
const BYTE_STEPS = Array.from({ length: 45 }, (_, power) => 2 ** power);

/** What they show: each series with its colour, and where its value is. */
const CHARTS = [
  {
    title: "Requests a second",
    isStacked: true,
    format: rate,
    series: [
      {
        label: "2xx",
        colour: "--c-2xx",
        of: ({ requests }) => requests["2xx"],
      },
      {
        label: "3xx",
        colour: "--c-3xx",
        of: ({ requests }) => requests["3xx"],
      },
      {
        label: "4xx",
        colour: "--c-4xx",
        of: ({ requests }) => requests["4xx"],
      },
      {
        label: "5xx",
        colour: "--c-5xx",
        of: ({ requests }) => requests["5xx"],
      },
      {
        label: "other",
        colour: "--c-other",
        of: ({ requests }) => requests.none + requests["1xx"],
      },
    ],
  },
  {
    title: "Latency",
    format: (value) => value === 0 ? "0" : duration(value),
    legend: (value, label) =>
      label === "mean" ? duration(value) : percentile(value),
    series: [
      { label: "mean", colour: "--c-2xx", of: ({ mean }) => mean },
      { label: "p50", colour: "--c-a", of: ({ p50 }) => p50 },
      { label: "p90", colour: "--c-b", of: ({ p90 }) => p90 },
      { label: "p99", colour: "--c-c", of: ({ p99 }) => p99 },
    ],
  },
  {
    title: "Hit ratio",
    format: (value) => `${Math.round(value * 100)} %`,
    legend: ratio,
    max: 1,
    series: [
      { label: "hit ratio", colour: "--c-a", of: ({ hitRatio }) => hitRatio },
    ],
  },
  {
    title: "Bytes a second",
    format: bytes,
    steps: BYTE_STEPS,
    series: [
      { label: "sent", colour: "--c-a", of: ({ bytesOut }) => bytesOut },
      { label: "saved", colour: "--c-2xx", of: ({ bytesSaved }) => bytesSaved },
    ],
  },
];

/** Resolves a colour of the style sheet in the theme that holds. */
function colourOf(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** All charts. */
export class Charts {
  #charts;
  /** The newest last. */
  #points = [];

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#charts = CHARTS.map((spec) => new Chart(place, spec));
    addEventListener("theme", () => this.#remake());
    matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => this.#remake());
    new ResizeObserver(() => {
      for (const chart of this.#charts) chart.resize();
    }).observe(place);
  }

  #remake() {
    for (const chart of this.#charts) chart.remake(this.#points);
  }

  /**
   * @param {readonly any[]} points New ones, or all that are known.
   * @param {number} nowMs
   */
  add(points, nowMs) {
    const known = new Set(points.map(({ atMs }) => atMs));
    this.#points = [
      ...this.#points.filter(({ atMs }) => !known.has(atMs)),
      ...points,
    ].filter(({ atMs }) => nowMs - atMs <= SPAN_S * 1000 && atMs <= nowMs)
      .sort((one, other) => one.atMs - other.atMs);
    if (!document.hidden) this.#draw(nowMs);
  }

  /** Forgets what was before: it is of another process. */
  clear() {
    this.#points = [];
  }

  #draw(nowMs) {
    for (const chart of this.#charts) chart.show(this.#points, nowMs);
  }
}

class Chart {
  #spec;
  #frame;
  #values;
  #plot;
  #rows = [];
  #nowMs = 0;

  constructor(place, spec) {
    this.#spec = spec;
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const title = document.createElement("h2");
    title.textContent = spec.title;
    const legend = document.createElement("ul");
    this.#values = spec.series.map(({ label, colour }) => {
      const item = document.createElement("li");
      const mark = document.createElement("i");
      mark.style.background = `var(${colour})`;
      const name = document.createElement("span");
      name.textContent = label;
      const value = document.createElement("b");
      value.textContent = NONE;
      item.append(mark, name, " ", value);
      legend.append(item);
      return value;
    });
    caption.append(title, legend);
    this.#frame = document.createElement("div");
    this.#frame.className = "plot";
    this.#frame.setAttribute("aria-hidden", "true");
    figure.append(caption, this.#frame);
    place.append(figure);
  }

  /** Draws points; with new colours if the theme has changed. */
  remake(points) {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.show(points, this.#nowMs);
  }

  resize() {
    this.#plot?.setSize({ width: this.#width, height: HEIGHT });
  }

  get #width() {
    return Math.max(200, this.#frame.clientWidth);
  }

  show(points, nowMs) {
    this.#nowMs = nowMs;
    this.#rows = withGaps(points);
    const data = this.#data();
    if (this.#plot === undefined) this.#plot = this.#make(data);
    else this.#plot.setData(data);
    this.#tell(this.#plot.cursor.idx);
  }

  /** As the library wants it: stacked series are sums, the largest first. */
  #data() {
    const { series, isStacked = false } = this.#spec;
    const times = this.#rows.map(({ atMs }) => atMs / 1000);
    const columns = series.map(({ of }) =>
      this.#rows.map((row) => row.isGap ? null : of(row))
    );
    if (!isStacked) return [times, ...columns];
    const sums = columns.map((_, last) =>
      this.#rows.map((row, at) =>
        row.isGap
          ? null
          : columns.slice(0, last + 1).reduce((sum, one) => sum + one[at], 0)
      )
    );
    return [times, ...sums.reverse()];
  }

  #make(data) {
    const { series, format, max, steps, isStacked = false } = this.#spec;
    const text = colourOf("--text-dim");
    const line = colourOf("--line");
    const axis = { stroke: text, grid: { stroke: line, width: 1 } };
    const font = "12px system-ui, sans-serif";
    const shown = isStacked ? series.toReversed() : series;
    return new uPlot(
      {
        width: this.#width,
        height: HEIGHT,
        legend: { show: false },
        cursor: {
          sync: { key: "sluice" },
          points: { show: !isStacked },
          drag: { x: false, y: false },
          y: false,
        },
        scales: {
          x: {
            range: () => [this.#startS(), this.#nowMs / 1000],
          },
          y: { range: (_, __, high) => [0, max ?? niceMax(high)] },
        },
        axes: [
          {
            ...axis,
            font,
            size: 30,
            space: 70,
            ticks: { show: false },
            grid: { show: false },
            values: (_, times) => times.map(timeOfDay),
          },
          {
            ...axis,
            font,
            size: 68,
            ...(steps === undefined ? {} : { incrs: steps }),
            ticks: { show: false },
            values: (_, values) => values.map((value) => format(value)),
          },
        ],
        series: [
          {},
          ...shown.map(({ label, colour }) => {
            const stroke = colourOf(colour);
            return {
              label,
              stroke,
              width: isStacked ? 1 : 1.75,
              points: { show: false },
              ...(isStacked ? { fill: stroke } : {}),
            };
          }),
        ],
        hooks: { setCursor: [(plot) => this.#tell(plot.cursor.idx)] },
      },
      data,
      this.#frame,
    );
  }

  #startS() {
    const nowS = this.#nowMs / 1000;
    const [first] = this.#rows;
    const knownS = first === undefined ? 0 : nowS - first.atMs / 1000;
    return nowS - Math.min(SPAN_S, Math.max(SPAN_MIN_S, knownS));
  }

  /** Tells the values at a place, or the newest. */
  #tell(at) {
    const { series, format, legend = format } = this.#spec;
    const row = this.#rows[at ?? this.#rows.length - 1];
    this.#values.forEach((value, index) => {
      const found = row === undefined || row.isGap
        ? null
        : series[index].of(row);
      setText(
        value,
        found === null ? NONE : legend(found, series[index].label),
      );
    });
  }
}

/** Something empty where nobody looked. */
function withGaps(points) {
  return points.flatMap((point, at) => {
    const before = points[at - 1];
    const isGap = before !== undefined &&
      point.atMs - before.atMs > GAP_S * 1000;
    return isGap ? [{ atMs: before.atMs + 1, isGap }, point] : [point];
  });
}

const TIME_FORMAT = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** @param {number} atS */
function timeOfDay(atS) {
  return TIME_FORMAT.format(atS * 1000);
}

/** So that one request does not fill the chart, and the top line has room. */
function niceMax(high) {
  return Math.max(1, (high ?? 0) * 1.1);
}

/** Writes only what has changed. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
