/** Which route of a configuration takes a request: for tests of a configuration, without sockets. */

import { reportOf, type RouteReport } from "../router/route_report.ts";
import { type RequestOptions, routeRequest } from "../router/route_request.ts";
import type { Disk } from "./file/disk.ts";
import { formatProblem } from "./file/place.ts";
import { loadConfig } from "./load.ts";
import { handlingOf, routesOf } from "./routes.ts";
import type { Config } from "./types.ts";

/** What the messages of errors call the configuration. */
const NAME = "sluice.config.ts";

/**
 * Says which route takes a request, and why.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { route } from "./mod.ts";
 *
 * const config = {
 *   hosts: {
 *     "acme.example": { "/": { proxy: "http://10.0.0.7" }, "/old/*": { redirect: "/new" } },
 *   },
 * };
 * const { pattern, handler } = await route(config, "GET", "http://acme.example/old/x");
 * assertEquals([pattern, handler], ["/old/*", "redirect"]);
 * ```
 *
 * @param url As a client would be given it: `http://host/path?query`.
 * @throws {SyntaxError} if the configuration has errors, all of which it names, or if
 *   the URL cannot be read.
 */
export async function route(
  config: Config,
  method: string,
  url: string,
  options: RequestOptions = {},
): Promise<RouteReport> {
  const { config: resolved, problems } = await loadConfig(NAME, diskOf(config));
  const errors = problems.filter(({ kind }) => kind === "error");
  const router = resolved && routesOf(resolved).router;
  if (router === undefined || errors.length > 0) {
    throw new SyntaxError(errors.map(formatProblem).join("\n"));
  }
  const answer = routeRequest(router, method, url, options);
  const found = answer.match?.value;
  return reportOf(answer, found && handlingOf(found, answer.path));
}

/** A disk on which there is nothing but the configuration. */
function diskOf(config: Config): Disk {
  const missing = (path: string): Promise<never> =>
    Promise.reject(new Error(`there is no file "${path}"`));
  return {
    readText: missing,
    expand: missing,
    kindOf: () => Promise.resolve("missing"),
    evaluate: () => Promise.resolve(config),
    environment: () => undefined,
  };
}
