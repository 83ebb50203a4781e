/** The key that a stored response is found by, in parts that people read. */

import type { Exchange } from "../exchange/exchange_state.ts";
import type { SharedCache } from "../exchange/shared_cache.ts";
import { textOf } from "../http/bytes.ts";
import { type Step, told } from "./explanation.ts";

const HTTPS_END = " https";

/** The step of the key that has just been made. */
export function keyStep(x: Exchange, { key }: SharedCache): Step {
  const { outcome, fetch, route } = x;
  const { bytes, length } = key.written;
  const text = textOf(bytes, 0, length);
  const isHttps = text.endsWith(HTTPS_END);
  const [authority = "", target = ""] = text.split(" ", 2);
  const at = target.indexOf("?");
  const { scope, queryUse } = route.cacheSpaces[fetch.part]!;
  return told("key", "The key of the stored responses.", {
    scheme: isHttps ? "https" : "http",
    authority,
    path: at < 0 ? target : target.slice(0, at),
    query: at < 0 ? undefined : target.slice(at + 1),
    queryUse: typeof queryUse === "string" ? queryUse : [...queryUse],
    scope: textOf(scope, 0, scope.length) || undefined,
    extra: outcome.extraKey || undefined,
    dotSegments: outcome.hadDotSegments || undefined,
  });
}
