/** How the access log is written, from the configuration. */

import type { LogConfig } from "../config/config.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { LogOptions } from "../observe/access_log.ts";
import { compileRouter } from "../router/compile.ts";

/** What a log needs to know. */
export function logOptions(
  { format, fields, skip, sample }: LogConfig,
): LogOptions {
  return { format, fields, isSkipped: skipped(skip), sample };
}

/** Whether the path of a request matches one of the patterns; undefined if there are none. */
function skipped(
  patterns: readonly string[],
): ((request: RequestHead) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const routes = [...new Set(patterns)].map((pattern) => ({
    pattern,
    value: undefined,
  }));
  const router = compileRouter([{ names: ["*"], routes }]);
  return (request) => router.route(request, "").kind === "match";
}
