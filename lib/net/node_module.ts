/**
 * The modules of Node that the runtime has, loaded when somebody first asks for one.
 * The first takes 20 ms and 10 MB in each thread: whoever needs none, without TLS,
 * need not pay that. So no file imports one of them by a statement.
 *
 * It is not `await import(…)`, because certificates are made ready where nobody can
 * wait.
 */

/** Those that are used so. */
interface NodeModules {
  readonly "node:buffer": typeof import("node:buffer");
  readonly "node:crypto": typeof import("node:crypto");
  readonly "node:fs": typeof import("node:fs");
  readonly "node:https": typeof import("node:https");
  readonly "node:net": typeof import("node:net");
  readonly "node:sqlite": typeof import("node:sqlite");
  readonly "node:stream": typeof import("node:stream");
  readonly "node:tls": typeof import("node:tls");
  readonly "node:zlib": typeof import("node:zlib");
}

/** The module of this name. */
export function nodeModule<Name extends keyof NodeModules>(
  name: Name,
): NodeModules[Name] {
  // deno-lint-ignore no-process-global -- to import it is what must not be
  return process.getBuiltinModule(name) as NodeModules[Name];
}
