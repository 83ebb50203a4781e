/** An explanation as text for people (pure). */

import type { Explanation, Fact, Facts, Step } from "./explanation.ts";

const STEP_WIDTH = 11;
const INDENT = " ".repeat(STEP_WIDTH);
/** Steps whose facts stand on one line. */
const SHORT: ReadonlySet<string> = new Set(["retry", "timeouts"]);
/** Lists of texts that are longer stand on lines of their own. */
const LINE_LENGTH_MAX = 60;

/** The lines of an explanation. */
export function explanationLines(explanation: Explanation): string[] {
  const { request, result, status, reason, cacheStatus, steps } = explanation;
  const answer = status === null ? result : `${result}, ${status}`;
  const why = reason === "" ? "" : ` (${reason})`;
  const lines = [`${request.method} ${request.url}: ${answer}${why}`];
  if (cacheStatus !== "") lines.push(`Cache-Status: ${cacheStatus}`);
  let last = "";
  for (const step of steps) {
    lines.push(...stepLines(step, step.step === last));
    last = step.step;
  }
  return lines.map(printable);
}

// deno-lint-ignore no-control-regex -- what is taken out
const STEERING = /[\x00-\x1f\x7f-\x9f\u2028-\u202e]/g;

/** Without what would steer a terminal: some of it comes from origins and clients. */
export function printable(line: string): string {
  return line.replaceAll(STEERING, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return `\\u{${code}}`;
  });
}

function stepLines(
  { step, code, words, source, facts }: Step,
  isRepeated: boolean,
): string[] {
  const name = (isRepeated ? "" : step).padEnd(STEP_WIDTH);
  const rule = source === "" ? "" : ` (${source})`;
  const reason = code === "" ? words : `${code}: ${words}`;
  const indent = `${INDENT}  `;
  const lines = SHORT.has(step)
    ? [indent + inline(facts)]
    : factLines(facts, indent);
  return [`${name}${reason}${rule}`, ...lines];
}

function factLines(facts: Facts, indent: string): string[] {
  return Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : valueLines(name, value, indent)
  );
}

function valueLines(name: string, value: Fact, indent: string): string[] {
  const label = `${indent}${labelOf(name)}:`;
  if (Array.isArray(value)) return listLines(label, value, indent);
  if (typeof value === "object" && value !== null) {
    return [`${label} ${inline(value as Facts)}`];
  }
  return [`${label} ${valueText(name, value)}`];
}

function listLines(
  label: string,
  values: readonly Fact[],
  indent: string,
): string[] {
  if (values.length === 0) return [];
  const isPlain = values.every((value) => typeof value !== "object");
  const line = values.join(", ");
  if (isPlain && line.length <= LINE_LENGTH_MAX) return [`${label} ${line}`];
  return [
    label,
    ...values.map((value) =>
      `${indent}  - ${
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? inline(value as Facts)
          : String(value)
      }`
    ),
  ];
}

/** Facts on one line. */
function inline(facts: Facts): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) =>
      value === true ? labelOf(name) : Array.isArray(value) &&
          value.every((part) => typeof part === "string")
        ? `${labelOf(name)} ${value.join(" ")}`
        : typeof value === "object" && value !== null
        ? `${labelOf(name)} ${JSON.stringify(value)}`
        : `${labelOf(name)} ${valueText(name, value as Fact)}`
    ).join(", ");
}

/** `lifetimeMs` is read as `lifetime`, `isSelected` as `selected`. */
function labelOf(name: string): string {
  return name.replace(/^is(?=[A-Z])/, "").replace(/(?:Ms|Bytes)$/, "")
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
}

function valueText(name: string, value: Fact): string {
  if (typeof value !== "number") return value === null ? "none" : String(value);
  if (name.endsWith("Ms")) return durationText(value);
  if (name.endsWith("Bytes")) return `${value} bytes`;
  return name === "percent" ? `${value}%` : String(value);
}

function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.floor(ms / 100) / 10} s`;
}
