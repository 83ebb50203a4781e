/** The schema of `hosts`: hosts, their paths, and what each may have. */

import { parseHostNames, parsePathPattern } from "../written.ts";
import { ADDRESSES, AUTH, LIMIT, MAINTENANCE, SATISFY } from "./access.ts";
import { CACHE } from "./cache.ts";
import {
  FILES,
  FILES_MEMBERS,
  REDIRECT,
  RESPOND,
  REWRITE,
} from "./handlers.ts";
import {
  about,
  type Complaint,
  either,
  list,
  type Members,
  object,
  objectAnd,
  onOff,
  type Schema,
  table,
} from "./kinds.ts";
import { TLS } from "./listening.ts";
import {
  BODY,
  COMPRESS,
  CORS,
  ERRORS,
  HEADERS,
  SECURITY,
  TIMEOUT,
} from "./responses.ts";
import { defaultText as or } from "../defaults.ts";
import { PROXY } from "./upstreams.ts";
import { HOST_HEADER } from "./values.ts";
import { AT_THE_TOP, type Elsewhere, elsewhere } from "./unknown_key.ts";
import { WHEN } from "./when.ts";

/** Options that may be set at the top, at a host and at a route; the nearest wins. */
export const INHERITED: Members = {
  headers: about("Headers of responses to clients.", HEADERS),
  requestHeaders: about("Headers of requests to the origin.", HEADERS),
  security: about(
    "The usual security headers, each unless the origin set it.",
    SECURITY,
    "false",
  ),
  cors: about("Which other origins' pages may read responses.", CORS),
  serverTiming: about(
    "Send `Server-Timing`: what a response has waited for.",
    onOff(),
    "false",
  ),
  compress: about("Compression.", COMPRESS),
  body: about("Largest request content; more gets 413.", BODY, or("body")),
  timeout: about("How long each step may take.", TIMEOUT),
  limit: about("How many requests are let through.", LIMIT),
  allow: about("Only these client addresses; `off` for all.", ADDRESSES),
  deny: about(
    "Not these client addresses; checked before `allow`.",
    ADDRESSES,
  ),
  auth: about("Authentication.", AUTH),
  satisfy: about(
    "Whether both addresses and authentication must hold, or one of them.",
    SATISFY,
    or("satisfy"),
  ),
  errors: about("Pages for errors.", ERRORS),
};

/** What answers. */
const HANDLERS: Members = {
  proxy: about("Pass requests on to an upstream.", PROXY),
  files: about("Serve files of a folder.", FILES),
  redirect: about("Redirect.", REDIRECT),
  respond: about("Respond at once.", RESPOND),
};

const HANDLER_NAMES = Object.keys(HANDLERS);

/** What only a route has, or a host that is its own only route. */
const OF_A_ROUTE: Members = {
  ...HANDLERS,
  rewrite: about("The target that the handler gets.", REWRITE),
  host: about("The Host header for the origin.", HOST_HEADER, or("host")),
  ...FILES_MEMBERS,
};

const TOP_ONLY = elsewhere(AT_THE_TOP, [
  "include",
  "listen",
  "workers",
  "drain",
  "trustedProxies",
  "clientAddress",
  "limits",
  "log",
  "admin",
  "upstreams",
  "hosts",
]);

const OF_A_HOST = elsewhere("stands at the top or at a host", [
  "forwarded",
  "maintenance",
  "tls",
]);

/** What is not for the top of the file. */
export const BELOW_THE_TOP: Elsewhere = elsewhere(
  'stands at a host or a route: write it below hosts["*"]',
  [...HANDLER_NAMES, "when", "rewrite"],
);

const ROUTE: Schema = object({
  id: "Route",
  elsewhere: { ...TOP_ONLY, ...OF_A_HOST },
  description:
    "What is done with the requests of a path: exactly one of `proxy`, `files`, `redirect`, `respond`, and options.",
  check: function* (route): Iterable<Complaint> {
    yield* handlerComplaints(route);
  },
}, {
  when: about("Conditions on the request.", WHEN),
  ...OF_A_ROUTE,
  cache: about("What is stored, and for how long.", CACHE),
  ...INHERITED,
});

/** What is wrong with the handlers of a route. */
function* handlerComplaints(
  route: Record<string, unknown>,
): Iterable<Complaint> {
  const handlers = HANDLER_NAMES.filter((name) => route[name] !== undefined);
  if (handlers.length === 0) {
    yield { message: `needs one of ${HANDLER_NAMES.join(", ")}` };
  } else if (handlers.length > 1) {
    yield { message: `has ${handlers.join(" and ")}: a route has exactly one` };
  }
  yield* strayComplaints(route);
}

/** Members that belong to a handler which is not there. */
function* strayComplaints(route: Record<string, unknown>): Iterable<Complaint> {
  for (const at of Object.keys(FILES_MEMBERS)) {
    if (route[at] === undefined || typeof route.files === "string") continue;
    yield {
      at,
      message: route.files === undefined
        ? "is only for files"
        : "belongs in files, which is an object here",
      isName: true,
    };
  }
  if (route.host !== undefined && route.proxy === undefined) {
    yield { at: "host", message: "is only for proxy", isName: true };
  }
  const isRewritten = route.proxy !== undefined || route.files !== undefined;
  if (route.rewrite !== undefined && !isRewritten) {
    yield {
      at: "rewrite",
      message: "is only for proxy and files",
      isName: true,
    };
  }
}

/** One route, or a list of which the first that fits applies. */
export const ROUTES: Schema = either(
  `a route with one of ${HANDLER_NAMES.join(", ")}, or a list of routes`,
  ROUTE,
  list(ROUTE, "routes"),
).meta({
  id: "Routes",
  description:
    "A route, or a list of routes of which the first whose `when` holds applies.",
});

/** A host: paths, or a handler of its own; and options for all its routes. */
export const HOST: Schema = objectAnd(
  {
    id: "Host",
    elsewhere: TOP_ONLY,
    description:
      "A host: its paths (keys that begin with `/`), or one handler for all of it; and options.",
    check: function* (host): Iterable<Complaint> {
      const paths = Object.keys(host).filter((key) => key.startsWith("/"));
      const own = [...HANDLER_NAMES, "when", "rewrite", "host"].filter((name) =>
        host[name] !== undefined
      );
      if (paths.length === 0) {
        if (
          host.when !== undefined ||
          own.some((name) => HANDLER_NAMES.includes(name))
        ) {
          yield* handlerComplaints(host);
        } else {
          yield {
            message: `needs a path like "/", or one of ${
              HANDLER_NAMES.join(", ")
            }`,
          };
        }
        return;
      }
      for (const at of own) {
        yield {
          at,
          message: 'cannot be set beside paths; write it at "/"',
          isName: true,
        };
      }
      if (own.length === 0) yield* strayComplaints(host);
    },
  },
  {
    when: about("Conditions on the request, for a host without paths.", WHEN),
    ...OF_A_ROUTE,
    cache: about("What is stored, and for how long.", CACHE),
    ...INHERITED,
    forwarded: about("Send `Forwarded` (RFC 7239) too.", onOff(), "false"),
    maintenance: about(
      "A page in place of everything while a file exists.",
      MAINTENANCE,
    ),
    tls: about("Certificates of this host.", TLS),
  },
  {
    says: "paths like /",
    isKey: (key) => key.startsWith("/"),
    readKey: parsePathPattern,
    pattern: "^/",
    definition: "Routes",
    value: ROUTES,
  },
);

/** The hosts by name. */
export const HOSTS: Schema = table({
  accepts: "an object from names to hosts",
  key: parseHostNames,
  check: function* (hosts): Iterable<Complaint> {
    const seen = new Map<string, string>();
    for (const key of Object.keys(hosts)) {
      for (const name of namesOf(key)) {
        const other = seen.get(name);
        if (other !== undefined) {
          yield {
            at: key,
            message: `"${name}" is in "${other}" too`,
            isName: true,
          };
        }
        seen.set(name, key);
      }
    }
  },
}, HOST);

/** The names of a key; none if it is wrong, which is said elsewhere. */
function namesOf(key: string): string[] {
  try {
    return parseHostNames(key);
  } catch {
    return [];
  }
}
