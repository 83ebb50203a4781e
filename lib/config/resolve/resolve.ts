/**
 * From a configuration that the schema has accepted to what is in force: inheritance,
 * defaults and names resolved, values in the units of the program.
 */

import { type Node, placeOf, plainOf } from "../file/node.ts";
import { formatPath, formatPlace, type Problem } from "../file/place.ts";
import { parseWorkers } from "../flag_values.ts";
import type {
  Origins,
  ResolvedConfig,
  ResolvedHost,
  ResolvedRoute,
} from "../resolved.ts";
import type { RouteOptions } from "../resolved_route.ts";
import type { ResolvedUpstream } from "../resolved_upstream.ts";
import { parseFieldName } from "../flag_values.ts";
import { parseDuration } from "../units.ts";
import { isUpstreamName, parseHostNames } from "../written.ts";
import { handlerOf } from "./handlers.ts";
import {
  type Entry,
  type Layer,
  layerOf,
  membersOf,
  merged,
} from "./layers.ts";
import { optionsOf } from "./options.ts";
import {
  adminOf,
  limitsOf,
  listenersOf,
  logOf,
  processCacheOf,
  tlsOf,
} from "./process.ts";
import { processProblems } from "./process_check.ts";
import { nameFor, upstreamOf } from "./upstreams.ts";
import {
  cidrsOf,
  each,
  read,
  readOptional,
  textOf,
  whenOf,
} from "./written_values.ts";

/** What came of it. */
export interface Resolution {
  readonly config: ResolvedConfig;
  /** What the schema cannot see: names that lead nowhere, addresses that are given twice. */
  readonly problems: readonly Problem[];
}

/** Resolves a configuration without errors of the schema. */
export function resolve(root: Node, files: readonly string[]): Resolution {
  return new Resolver(root, files).resolve();
}

class Resolver {
  readonly #root: Node;
  readonly #files: readonly string[];
  readonly #problems: Problem[] = [];
  readonly #upstreams = new Map<string, ResolvedUpstream>();
  /** Options by what is said of them: routes of which the same is said share them, which makes copies small. */
  readonly #options = new Map<string, RouteOptions>();
  /** The same with their origins, by layer: a route that says nothing has its host's. */
  readonly #known = new Map<
    Layer,
    { readonly options: RouteOptions; readonly from: Origins }
  >();

  constructor(root: Node, files: readonly string[]) {
    this.#root = root;
    this.#files = files;
  }

  resolve(): Resolution {
    const at = membersOf(this.#root);
    this.#resolveUpstreams(at.get("upstreams"));
    const top = layerOf({ node: this.#root, path: [] });
    const hosts = [...membersOf(at.get("hosts"))].map(([key, node]) =>
      this.#hostOf(key, { node, path: ["hosts", key] }, top)
    );
    const config: ResolvedConfig = {
      files: this.#files,
      listen: listenersOf(at.get("listen"), at.get("limits")),
      workers: read(at.get("workers"), parseWorkers, "workers"),
      drainMs: read(at.get("drain"), parseDuration, "drain"),
      trustedProxies: cidrsOf(at.get("trustedProxies")),
      clientAddress: readOptional(at.get("clientAddress"), parseFieldName) ??
        "",
      limits: limitsOf(at.get("limits")),
      log: logOf(at.get("log")),
      cache: processCacheOf(at.get("cache")),
      tls: tlsOf(at.get("tls")),
      admin: adminOf(at.get("admin")),
      upstreams: this.#upstreams,
      hosts,
      options: this.#optionsOf(top).options,
      from: processOrigins(this.#root),
    };
    this.#problems.push(...processProblems(this.#root, config));
    return { config, problems: this.#problems };
  }

  #resolveUpstreams(node: Node | undefined): void {
    const named = membersOf(node);
    for (const [name, upstream] of named) {
      this.#upstreams.set(
        name,
        upstreamOf(name, upstream, (node) => this.#mirrorOf(node)),
      );
    }
  }

  /** Finds the upstream that gets copies; a name may stand further below. */
  #mirrorOf(node: Node): string {
    const name = textOf(node);
    const upstreams = membersOf(membersOf(this.#root).get("upstreams"));
    const isName = upstreams.has(name) || isUpstreamName(name); // `unknownUpstreams` says if there is none
    return isName ? name : this.#anonymous(node).name;
  }

  /** What `proxy` says: the name of an upstream, or an upstream. */
  #find(node: Node): ResolvedUpstream {
    if (node.content.kind === "scalar") {
      const known = this.#upstreams.get(textOf(node));
      if (known !== undefined) return known;
    }
    return this.#anonymous(node);
  }

  #anonymous(node: Node): ResolvedUpstream {
    const upstream = upstreamOf("", node, (node) => this.#mirrorOf(node));
    const name = nameFor(upstream, plainOf(node));
    const known = this.#upstreams.get(name) ?? { ...upstream, name };
    this.#upstreams.set(name, known);
    return known;
  }

  #hostOf(key: string, entry: Entry, top: Layer): ResolvedHost {
    const at = membersOf(entry.node);
    const layer = merged(top, layerOf(entry));
    const paths = [...at].filter(([name]) => name.startsWith("/"));
    const routes = paths.length === 0
      ? [this.#routeOf("/", entry, layer)]
      : paths.flatMap(([pattern, node]) =>
        each(node).map((route, index) => {
          const path = [...entry.path, pattern];
          const isList = node.content.kind === "list";
          const own = { node: route, path: isList ? [...path, index] : path };
          return this.#routeOf(pattern, own, merged(layer, layerOf(own)));
        })
      );
    return {
      key,
      names: parseHostNames(key),
      routes,
      options: this.#optionsOf(layer).options,
      tls: tlsOf(at.get("tls")),
    };
  }

  #routeOf(pattern: string, entry: Entry, layer: Layer): ResolvedRoute {
    const { node } = entry;
    const { options, from } = this.#optionsOf(layer);
    return {
      pattern,
      when: whenOf(membersOf(node).get("when")),
      handler: handlerOf(
        node,
        (proxy) => this.#find(proxy),
      ),
      options,
      from,
      place: originOf(entry, "name"),
    };
  }

  #optionsOf(
    layer: Layer,
  ): { readonly options: RouteOptions; readonly from: Origins } {
    const known = this.#known.get(layer);
    if (known !== undefined) return known;
    const said = saidIn(layer);
    const options = this.#options.get(said) ?? optionsOf(layer);
    this.#options.set(said, options);
    const made = { options, from: originsOf(layer) };
    this.#known.set(layer, made);
    return made;
  }
}

/** Everything that options are made from: values, the folders of their files, and where limits stand. */
function saidIn(layer: Layer): string {
  const parts = [...layer].map(([key, { node, path }]) => {
    const place = key === "limit" ? formatPath(path) : "";
    const name = String(path.at(-1)); // of a header: as it is written
    return [key, name, plainOf(node), node.source.folder, place];
  });
  return JSON.stringify(parts);
}

function originsOf(layer: Layer): Origins {
  return Object.fromEntries(
    [...layer].map(([key, entry]) => [key, originOf(entry)]),
  );
}

/** Where a value was given: its place, or in a program its path. */
function originOf(
  { node, path }: Entry,
  what: "value" | "name" = "value",
): string {
  const place = placeOf(node, what);
  return place.line === undefined
    ? `${place.file}: ${formatPath(path)}`
    : formatPlace(place);
}

/** Keys of the top that routes do not inherit. */
const OF_THE_PROCESS = [
  "listen",
  "workers",
  "drain",
  "trustedProxies",
  "clientAddress",
  "tls",
  "admin",
] as const;

function processOrigins(root: Node): Origins {
  const at = membersOf(root);
  const from: Record<string, string> = {};
  const add = (key: string, node: Node): void => {
    from[key] = originOf({ node, path: key.split(".") });
  };
  for (const name of OF_THE_PROCESS) {
    const node = at.get(name);
    if (node !== undefined) add(name, node);
  }
  for (const name of ["limits", "log", "cache"]) {
    for (const [key, node] of membersOf(at.get(name))) {
      add(`${name}.${key}`, node);
    }
  }
  return from;
}
