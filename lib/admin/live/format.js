/** Numbers for people: on the live page and in the terminal (pure). */

const THOUSAND = ["", "k", "M", "G", "T"];
/** Between a number and its unit no line ends. */
const SPACE = "\u00a0";
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR_DAYS = 365;

/** What stands for no number. */
export const NONE = "–";
/** The upper bound of the first bucket of durations: below it, percentiles are guesses. */
const FIRST_BUCKET_MS = 5;
/** And of the last but one: beyond it, nobody knows. */
const LAST_BUCKET_MS = 10_000;

/**
 * Three significant digits.
 *
 * @param {number} value
 * @returns {string}
 */
function digits(value) {
  if (value === 0) return "0";
  if (value < 0.01) return "<0.01";
  return value >= 100
    ? String(Math.round(value))
    : String(Number(value.toFixed(value >= 10 ? 1 : 2)));
}

/**
 * @param {number | string} value
 * @param {string} name
 * @returns {string}
 */
function unit(value, name) {
  return value + SPACE + name;
}

/**
 * @param {number} value
 * @param {number} step
 * @param {readonly string[]} units
 * @returns {[text: string, unit: string]}
 */
function scaled(value, step, units) {
  let at = 0;
  while (value >= step * 0.9995 && at < units.length - 1) {
    value /= step;
    at++;
  }
  return [digits(value), units[at] ?? ""];
}

/**
 * A count: whole up to a million.
 *
 * @param {number} value
 * @returns {string}
 */
export function count(value) {
  if (value < 1_000_000) {
    return Math.round(value).toLocaleString("en");
  }
  return scaled(value, 1000, THOUSAND).join("");
}

/**
 * A number a second.
 *
 * @param {number} value
 * @returns {string}
 */
export function rate(value) {
  return scaled(value, 1000, THOUSAND).join("");
}

/**
 * @param {number} value
 * @returns {string}
 */
export function bytes(value) {
  return scaled(value, 1024, BYTES).join(SPACE);
}

/**
 * A percentile: it is known as well as its bucket is narrow.
 *
 * @param {number | null} value
 * @returns {string}
 */
export function percentile(value) {
  if (value === null) return NONE;
  if (value < FIRST_BUCKET_MS) return unit(`<${FIRST_BUCKET_MS}`, "ms");
  if (value >= LAST_BUCKET_MS) return unit(`>${LAST_BUCKET_MS / SECOND}`, "s");
  return duration(value);
}

/**
 * A duration in ms, as a number and a unit.
 *
 * @param {number | null} value
 * @returns {string}
 */
export function duration(value) {
  if (value === null) return NONE;
  if (value < SECOND) return unit(digits(value), "ms");
  return value < MINUTE ? unit(digits(value / SECOND), "s") : span(value);
}

/**
 * A long time, in its two largest units.
 *
 * @param {number} value In ms.
 * @returns {string}
 */
export function span(value) {
  const days = Math.floor(value / DAY);
  const hours = Math.floor(value % DAY / HOUR);
  const minutes = Math.floor(value % HOUR / MINUTE);
  const seconds = Math.floor(value % MINUTE / SECOND);
  if (days >= 2 * YEAR_DAYS) return unit(Math.floor(days / YEAR_DAYS), "years");
  if (days >= 10 || days > 0 && hours === 0) return unit(days, "d");
  if (days > 0) return `${unit(days, "d")} ${unit(hours, "h")}`;
  if (hours > 0 && minutes === 0) return unit(hours, "h");
  if (hours > 0) return `${unit(hours, "h")} ${unit(minutes, "min")}`;
  if (minutes >= 10 || minutes > 0 && seconds === 0) {
    return unit(minutes, "min");
  }
  if (minutes > 0) return `${unit(minutes, "min")} ${unit(seconds, "s")}`;
  return unit(seconds, "s");
}

/**
 * @param {number | null} value From 0 to 1.
 * @returns {string}
 */
export function ratio(value) {
  if (value === null) return NONE;
  const percent = value * 100;
  if (percent === 0 || percent === 100) return `${percent}${SPACE}%`;
  if (percent > 99.9) return `>99.9${SPACE}%`; // what is not all is not told as all
  return percent < 0.1 ? `<0.1${SPACE}%` : `${percent.toFixed(1)}${SPACE}%`;
}

/**
 * When something happened or will happen, seen from now.
 *
 * @param {number} atMs
 * @param {number} nowMs
 * @returns {string}
 */
export function ago(atMs, nowMs) {
  return nowMs - atMs < SECOND ? "now" : `${span(nowMs - atMs)} ago`;
}

/**
 * @param {number} atMs
 * @param {number} nowMs
 * @returns {string}
 */
export function until(atMs, nowMs) {
  return atMs <= nowMs ? "expired" : `in ${span(atMs - nowMs)}`;
}

/**
 * How a server stands, in a word.
 *
 * @param {{ readonly state: "up" | "drain" | "down", readonly isHealthy: boolean }} server
 * @returns {"up" | "draining" | "down" | "out"}
 */
export function serverState({ state, isHealthy }) {
  if (state === "down") return "down";
  if (!isHealthy) return "out";
  return state === "drain" ? "draining" : "up";
}

/**
 * How the program stands, in a word.
 *
 * @param {{ readonly readiness: { readonly isReady: boolean, readonly reasons: readonly string[] }, readonly isInMaintenance: boolean }} update
 * @returns {string}
 */
export function programState({ readiness, isInMaintenance }) {
  if (isInMaintenance) return "in maintenance";
  if (readiness.isReady) return "ready";
  return `not ready: ${readiness.reasons.join("; ")}`;
}
