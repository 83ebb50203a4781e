/** Where something is in a configuration file, and what is wrong with it. */

/** The path of a value: names of members and indexes of lists. */
export type ValuePath = readonly (string | number)[];

/** Where a value stands. */
export interface Place {
  /** The file as the user named it. */
  readonly file: string;
  /** From 1; undefined if the file is a program, which has values but no places. */
  readonly line?: number;
  readonly column?: number;
}

/**
 * What is wrong, and where.
 *
 * An `error` is wrong in every case; `not-yet` is right, but does not work in this
 * version; a `warning` lets the configuration be used.
 */
export interface Problem {
  readonly kind: "error" | "not-yet" | "warning";
  readonly place: Place;
  readonly path: ValuePath;
  readonly message: string;
}

/** The most characters of one message. */
const MESSAGE_LENGTH_MAX = 600;

/** A path as one would write it in a program: `hosts["a.example"]["/"].cache.ttl`. */
export function formatPath(path: ValuePath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (!/^[A-Za-z_$][\w$]*$/.test(part)) {
      text += `[${JSON.stringify(part)}]`;
    } else text += text === "" ? part : `.${part}`;
  }
  return text;
}

/** `sluice.json:12:9`, or the file alone. */
export function formatPlace({ file, line, column }: Place): string {
  return line === undefined ? file : `${file}:${line}:${column}`;
}

/** One line for the user. */
export function formatProblem({ place, path, message, kind }: Problem): string {
  const where = [formatPlace(place), formatPath(path)].filter((part) =>
    part !== ""
  );
  const what = kind === "warning" ? `warning: ${message}` : message;
  return shortened(`${where.join(": ")}: ${what}`).replaceAll(
    // deno-lint-ignore no-control-regex -- a file can hold them, a terminal must not get them
    /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Long values are cut in their middle: what is wrong is at the end. */
function shortened(text: string): string {
  if (text.length <= MESSAGE_LENGTH_MAX) return text;
  const half = MESSAGE_LENGTH_MAX / 2;
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** Problems in the order of a file, each once. */
export function sortedProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const line = formatProblem(problem);
    return seen.has(line) ? false : seen.add(line);
  }).toSorted((a, b) =>
    (a.place.file === b.place.file
      ? 0
      : a.place.file < b.place.file
      ? -1
      : 1) ||
    (a.place.line ?? 0) - (b.place.line ?? 0) ||
    (a.place.column ?? 0) - (b.place.column ?? 0)
  );
}
