/** `sluice route METHOD URL`: which route of a configuration takes a request, and why. */

import type { RouteCommand } from "../config/route_command.ts";
import { UsageError } from "../config/usage_error.ts";
import type { Disk } from "../config/file/disk.ts";
import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/file/place.ts";
import { handlingOf, routesOf } from "../config/routes.ts";
import {
  parseHeaderArgument,
  reportLines,
  reportOf,
} from "../router/route_report.ts";
import { routeRequest } from "../router/route_request.ts";
import { EXIT_USAGE } from "./exit_code.ts";

/**
 * Says where a request goes.
 *
 * @param print Gets the answer.
 * @param complain Gets what is wrong with the configuration.
 * @returns The exit code.
 * @throws {UsageError} if the URL or a header cannot be read.
 */
export async function tellRoute(
  { path, method, url, headers, isJson }: RouteCommand,
  disk: Disk,
  print: (text: string) => void,
  complain: (line: string) => void,
): Promise<number> {
  const { config, problems } = await loadConfig(path, disk);
  const errors = problems.filter(({ kind }) => kind === "error");
  for (const problem of errors) complain(formatProblem(problem));
  const router = config && routesOf(config).router;
  if (router === undefined || errors.length > 0) return EXIT_USAGE;
  try {
    const answer = routeRequest(router, method, url, {
      headers: headers.map(parseHeaderArgument),
    });
    const route = answer.match?.value;
    const report = reportOf(answer, route && handlingOf(route, answer.path));
    print(
      isJson
        ? JSON.stringify(report, undefined, 2)
        : reportLines(report).join("\n"),
    );
    return 0;
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message);
    throw error;
  }
}
