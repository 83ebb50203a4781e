/**
 * Makes a router of what is configured (pure), or says everything that is wrong
 * with it.
 */

import { type HostName, parseHostName } from "./host_name.ts";
import { HostTable } from "./host_table.ts";
import {
  type HostPatterns,
  type MixedPatterns,
  mixedPatterns,
  PathTable,
} from "./path_table.ts";
import {
  compareSpecificity,
  isEverything,
  parsePattern,
  type Pattern,
} from "./pattern.ts";
import {
  type HostRoutes,
  type Match,
  type NamedHost,
  Router,
} from "./router.ts";
import { Condition, type When } from "./when.ts";

/** One route of a host. */
export interface RouteSpec<T> {
  /** Which paths; several routes with the same text are a list, the first that applies wins. */
  readonly pattern: string;
  /** What else must hold. */
  readonly when?: When | undefined;
  /** What the router gives back for it. */
  readonly value: T;
  /**
   * What protects it: access rules, a fixed refusal. Compared by identity, so that
   * routes that inherit the same rule have the same guard.
   */
  readonly guards?: readonly object[];
}

/** What is configured for one host, or for several alike. */
export interface HostSpec<T> {
  /** `name`, `*.name`, `*` or an IP address, each in its own text. */
  readonly names: readonly string[];
  /** Its routes, in any order but for those of one pattern. */
  readonly routes: readonly RouteSpec<T>[];
}

/** What is wrong, and where. */
export interface RouterFault {
  /** The index of the host. */
  readonly host: number;
  /** The index of the route; -1 if it is the host's. */
  readonly route: number;
  /** For the operator: names the host or the path. */
  readonly message: string;
}

/** Hosts and routes that cannot be: every fault of them. */
export class RouterError extends SyntaxError {
  /** Tells it from other errors, also across realms. */
  override readonly name = "RouterError";
  /** All of them. */
  readonly faults: readonly RouterFault[];

  /** Makes the error of at least one fault. */
  constructor(faults: readonly RouterFault[]) {
    super(faults.map(({ message }) => message).join("\n"));
    this.faults = faults;
  }
}

/**
 * Compiles hosts and their routes.
 *
 * @throws {RouterError} if a name or a pattern cannot be read, one is given twice, two
 *   patterns are equally specific and match one path, or a condition cannot be read.
 */
export function compileRouter<T>(hosts: readonly HostSpec<T>[]): Router<T> {
  const faults: RouterFault[] = [];
  const names = readNames(hosts, faults);
  const compiled = hosts.map((host, number) =>
    compileHost(host, number, (route, error) => {
      faults.push({ host: number, route, message: messageOf(error) });
    })
  );
  if (faults.length > 0) throw new RouterError(faults);
  return new Router(
    compiled.map(({ routes }) => routes),
    names,
    new HostTable(names.map(({ name }) => name)),
    new PathTable(compiled),
  );
}

type Report = (route: number, error: unknown) => void;

/** The message of an error of the configuration; any other error is thrown on. */
function messageOf(error: unknown): string {
  if (error instanceof SyntaxError || error instanceof RangeError) {
    return error.message;
  }
  throw error;
}

function readNames<T>(
  hosts: readonly HostSpec<T>[],
  faults: RouterFault[],
): NamedHost[] {
  const names: NamedHost[] = [];
  const known = new Map<string, string>();
  for (const [host, { names: texts }] of hosts.entries()) {
    if (texts.length === 0) {
      faults.push({ host, route: -1, message: "A host without a name" });
    }
    for (const text of texts) {
      try {
        const name = parseHostName(text);
        const other = known.get(nameKey(name));
        if (other !== undefined) {
          throw new SyntaxError(
            other === text
              ? `The host "${text}" is given twice`
              : `The hosts "${other}" and "${text}" are the same`,
          );
        }
        known.set(nameKey(name), text);
        names.push({ text, name, host });
      } catch (error) {
        faults.push({ host, route: -1, message: messageOf(error) });
      }
    }
  }
  return names;
}

function nameKey({ kind, text }: HostName): string {
  return `${kind} ${text}`;
}

/** The routes for one pattern. */
interface Group<T> {
  readonly pattern: Pattern;
  readonly first: number;
  readonly routes: Match<T>[];
}

/** The routes of one host, and how they are found. */
interface CompiledHost<T> extends HostPatterns {
  readonly routes: HostRoutes<T>;
}

function compileHost<T>(
  { names, routes }: HostSpec<T>,
  number: number,
  report: Report,
): CompiledHost<T> {
  const groups = groupRoutes(routes, report).sort((a, b) =>
    compareSpecificity(a.pattern, b.pattern)
  );
  const patterns = groups.map(({ pattern }) => pattern);
  let mixed: MixedPatterns | undefined;
  try {
    mixed = mixedPatterns(patterns);
  } catch (error) {
    report(-1, error);
  }
  for (const { patterns: pair, path } of mixed?.automaton.conflicts() ?? []) {
    const [a, b] = pair.map((index) => groups[mixed!.indexes[index]!]!);
    report(
      b!.first,
      new SyntaxError(
        `The paths "${a!.pattern.text}" and "${b!.pattern.text}" are equally ` +
          `specific, and both match "${path}"`,
      ),
    );
  }
  const everything = patterns.findIndex(isEverything);
  const inOrder = groups.map(({ routes }) => routes);
  const [only] = inOrder.length === 1 && everything === 0 ? inOrder[0]! : [];
  return {
    patterns,
    mixed,
    routes: {
      number,
      names,
      routes: inOrder,
      only: only?.condition === undefined ? only : undefined,
      isGuarded: everything < 0 || isGuarded(inOrder),
    },
  };
}

/** The routes by pattern. */
function groupRoutes<T>(
  routes: readonly RouteSpec<T>[],
  report: Report,
): Group<T>[] {
  const groups = new Map<string, Group<T>>();
  for (const [index, route] of routes.entries()) {
    try {
      const { pattern: text, when, value, guards = [] } = route;
      const pattern = parsePattern(text);
      const group = groups.get(pattern.key) ??
        { pattern, first: index, routes: [] };
      if (group.pattern.text !== text) {
        throw new SyntaxError(
          `The paths "${group.pattern.text}" and "${text}" are the same`,
        );
      }
      const condition = when === undefined ? undefined : new Condition(when);
      groups.set(pattern.key, group);
      group.routes.push({
        kind: "match",
        value,
        pattern: text,
        index,
        condition: condition?.text === "" ? undefined : condition,
        guards,
      });
    } catch (error) {
      report(index, error);
    }
  }
  return [...groups.values()];
}

/** Whether it can matter as what path an origin reads another. */
function isGuarded<T>(groups: readonly (readonly Match<T>[])[]): boolean {
  const routes = groups.flat();
  const guards = new Set(routes.flatMap(({ guards }) => guards));
  return groups.some((routes) => routes.at(-1)!.condition !== undefined) ||
    routes.some((route) => new Set(route.guards).size < guards.size);
}
