/**
 * The permissions that a configuration needs when sluice runs from source: no address,
 * file or variable more than it names. An executable has its set built in.
 */

import {
  formatSocketAddress,
  type OriginAddress,
  type SocketAddress,
} from "../net/address.ts";
import { folderOf, pathFrom } from "./file/disk.ts";
import type {
  ResolvedAuth,
  ResolvedHandler,
  RouteOptions,
} from "./resolved_route.ts";
import type { ResolvedConfig, ResolvedTls } from "./resolved.ts";
import type { ResolvedSecret, ResolvedUpstream } from "./resolved_upstream.ts";

/** What a configuration does not say. */
export interface ProgramPlace {
  /** The folder of the program's source, where `lib/` is. */
  readonly source: string;
  /** Where it runs: an absolute path. */
  readonly folder: string;
  /** Environment variables that the files of the configuration read. */
  readonly variables: readonly string[];
}

/** The variable by which the runtime is told to trust the system's certificates. */
const CA_STORE = "DENO_TLS_CA_STORE";
/** Where a socket pair is opened by which the event loop is watched; its port is the system's choice. */
const OWN_PAIR = "127.0.0.1";
/** Certificates come from here unless the configuration says otherwise. */
const ACME_DIRECTORY = "https://acme-v02.api.letsencrypt.org/";
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "redis:": 6379,
  "rediss:": 6379,
};

/** What is needed, of each kind. */
class Needs {
  readonly net = new Set<string>();
  readonly read = new Set<string>();
  readonly write = new Set<string>();
  readonly env = new Set<string>();
  /** Whether a package reads variables that nobody can list. */
  needsAllEnv = false;
  /** The system's certificates: a list of names cannot grant them. */
  needsSys = false;
  readonly #folder: string;

  /** @param folder Where the program runs: an absolute path. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** To listen or to connect. */
  socket(address: SocketAddress): void {
    if (address.transport === "unix") return this.#unix(address.path);
    const { hostname, port } = address;
    // A port of the system's choice is not known before.
    this.net.add(port === 0 ? hostname : formatSocketAddress(address));
    if (hostname === "0.0.0.0" && port !== 0) this.net.add(`[::]:${port}`);
  }

  /** As an address, it must be absolute. */
  #unix(path: string): void {
    this.change(path);
    this.net.add(`unix:${pathFrom(this.#folder, path)}`);
  }

  origin({ socket, secure }: OriginAddress): void {
    this.socket(socket);
    if (secure) this.env.add(CA_STORE);
  }

  url(text: string): void {
    const url = URL.parse(text);
    if (url === null) return;
    const port = url.port || DEFAULT_PORTS[url.protocol];
    this.net.add(`${url.hostname}:${port}`);
    if (/^(?:https|rediss):$/.test(url.protocol)) this.env.add(CA_STORE);
  }

  /** To read a file, or all of a folder. */
  look(...paths: readonly (string | undefined)[]): void {
    for (const path of paths) if (path !== undefined) this.read.add(path);
  }

  /** To read, to write, to make and to remove it. */
  change(path: string): void {
    this.read.add(path);
    this.write.add(path);
  }

  /** To read the files of a pattern: the folder where its first `*` may be anything. */
  glob(pattern: string): void {
    const star = pattern.indexOf("*");
    if (star < 0) return this.look(pattern);
    this.look(folderOf(pattern.slice(0, star)) || ".");
  }

  secret(secret: ResolvedSecret | undefined): void {
    if (secret?.kind === "file") this.look(secret.path);
  }
}

/** The permissions that a configuration needs, as flags of `deno run`. */
export function permissionsOf(
  config: ResolvedConfig,
  place: ProgramPlace,
): string[] {
  const needs = new Needs(place.folder);
  needs.net.add(OWN_PAIR);
  for (const { address } of config.listen) needs.socket(address);
  for (const upstream of config.upstreams.values()) {
    needUpstream(needs, upstream);
  }
  for (const { tls, routes } of config.hosts) {
    needTls(needs, tls);
    for (const { handler, options } of routes) {
      needHandler(needs, handler);
      needOptions(needs, options);
    }
  }
  needTls(needs, config.tls);
  needProcess(needs, config);
  needProgram(needs, config, place);
  return flagsOf(needs);
}

/** The flags as one line for a shell. */
export function permissionsText(flags: readonly string[]): string {
  return flags.map((flag) =>
    /^[\w\-=,.:/@%+[\]]+$/.test(flag) && !flag.includes("[")
      ? flag
      : `'${flag.replaceAll("'", `'\\''`)}'`
  ).join(" ");
}

function needUpstream(
  needs: Needs,
  { servers, sticky, tls }: ResolvedUpstream,
): void {
  for (const { address } of servers) needs.origin(address);
  needs.secret(sticky?.secret);
  needs.look(...tls.ca, tls.cert, tls.key);
  const isOurs = tls.cert !== undefined || tls.insecure;
  if (isOurs && tls.ca.length > 0) needs.needsSys = true; // the system's come with them
}

function needHandler(needs: Needs, handler: ResolvedHandler): void {
  if (handler.kind === "files") needs.look(handler.root);
}

function needOptions(
  needs: Needs,
  { auth, errors, maintenance }: RouteOptions,
): void {
  needs.look(...Object.values(errors.pages));
  needs.look(maintenance?.when, maintenance?.page);
  if (auth !== undefined) needAuth(needs, auth);
}

function needAuth(needs: Needs, auth: ResolvedAuth): void {
  switch (auth.kind) {
    case "basic":
      return needs.look(auth.file);
    case "forward":
      return needs.url(auth.url);
    case "jwt":
      return URL.canParse(auth.jwks)
        ? needs.url(auth.jwks)
        : needs.look(auth.jwks);
  }
}

function needTls(needs: Needs, tls: ResolvedTls | undefined): void {
  for (const { cert, key } of tls?.certificates ?? []) {
    needs.glob(cert);
    needs.look(key);
  }
  const acme = tls?.acme;
  if (acme === undefined) return;
  needs.url(acme.directory ?? ACME_DIRECTORY);
  needs.look(acme.ca);
  needs.secret(acme.eab?.key);
  needs.change(acme.storage ?? "acme");
  needs.needsAllEnv = true; // its HTTP client reads those of proxies
  needs.needsSys = true;
}

function needProcess(
  needs: Needs,
  { admin, cache, log }: ResolvedConfig,
): void {
  if (admin !== undefined) {
    needs.socket(admin.address);
    needs.secret(admin.token);
  }
  if (cache.disk !== undefined) needs.change(cache.disk.path);
  if (cache.shared !== undefined) {
    const { url, tls } = cache.shared;
    const [, path] = /^unix:\/\/[^/]*(\/[^?#]*)/.exec(url) ?? [];
    if (path === undefined) needs.url(url);
    else needs.socket({ transport: "unix", path: decodeURIComponent(path) });
    needs.look(...tls?.ca ?? [], tls?.cert, tls?.key);
    needs.needsAllEnv = true; // its client reads what it likes
    needs.needsSys ||= url.startsWith("rediss:");
  }
  if (log.file !== undefined) needs.change(log.file);
}

/** What the program needs of its own files. */
function needProgram(
  needs: Needs,
  { files, workers, hosts, cache }: ResolvedConfig,
  { source, variables }: ProgramPlace,
): void {
  const [first, ...included] = files;
  needs.look(first, ...included.map((file) => folderOf(file) || "."));
  for (const name of variables) needs.env.add(name);
  // A thread's modules are read when it starts, and with a worker's the program's version.
  const looksAtPasswords = hosts.some(({ routes }) =>
    routes.some(({ options }) => options.auth?.kind === "basic")
  );
  const hasThreads = workers > 1 || looksAtPasswords ||
    cache.disk !== undefined ||
    files.some((file) => /\.[cm]?[jt]s$/.test(file));
  if (hasThreads) needs.look(`${source}/lib`);
  if (workers > 1) needs.look(`${source}/deno.json`);
}

function flagsOf(
  { net, read, write, env, needsAllEnv, needsSys }: Needs,
): string[] {
  return [
    "--no-prompt",
    flagOf("--allow-net", net),
    flagOf("--allow-read", read),
    flagOf("--allow-write", write),
    needsAllEnv ? "--allow-env" : flagOf("--allow-env", env),
    needsSys ? "--allow-sys" : "",
  ].filter((flag) => flag !== "");
}

/** Nothing in a list can hold a comma: then there is no list. */
function flagOf(name: string, values: ReadonlySet<string>): string {
  const list = withoutInner(values).sort();
  if (list.length === 0) return "";
  return list.some((value) => value.includes(","))
    ? name
    : `${name}=${list.join(",")}`;
}

/** Without what another value includes: files below a folder, ports of a host. */
function withoutInner(values: ReadonlySet<string>): string[] {
  return [...values].filter((value) =>
    ![...values].some((other) =>
      other !== value &&
      (value.startsWith(`${other}/`) || isPortOf(value, other))
    )
  );
}

function isPortOf(value: string, host: string): boolean {
  return value.startsWith(`${host}:`) &&
    /^\d+$/.test(value.slice(host.length + 1));
}
