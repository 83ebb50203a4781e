/** The schema of the configuration file: every key, once. */

import { defaultText as or } from "../defaults.ts";
import { parseWorkers } from "../flag_values.ts";
import { parseOneHost, parsePathPattern } from "../written.ts";
import { MAINTENANCE } from "./access.ts";
import { PROCESS_CACHE } from "./cache.ts";
import {
  about,
  either,
  object,
  oneOrMore,
  onOff,
  type Schema,
  text,
  words,
} from "./kinds.ts";
import { INCLUDE, LIMITS, LISTEN, TLS } from "./listening.ts";
import { BELOW_THE_TOP, HOSTS, INHERITED } from "./routes.ts";
import { UPSTREAMS } from "./upstreams.ts";
import {
  ADDRESS,
  CIDRS,
  DURATION,
  HEADER_NAME,
  PATH,
  PERCENT,
  SECRET,
  SENT_HEADER_NAME,
  TEXT,
} from "./values.ts";

const SAMPLE: Schema = either(
  "a percentage, or { rate, slow }",
  PERCENT,
  object({
    id: "LogSample",
    description: "Of how many requests there is a line.",
    required: ["rate"],
  }, {
    rate: about("The share of requests, such as `5%`.", PERCENT),
    slow: about(
      "A request that takes this long is logged in any case.",
      DURATION,
      or("log.sample.slow"),
    ),
  }),
);

const LOG: Schema = object({
  id: "Log",
  description: "The access log.",
}, {
  file: about("A file, in place of standard output.", PATH),
  format: about(
    "Its format.",
    words("common", "combined", "json", "off"),
    or("log.format"),
  ),
  requestId: about(
    "A header for the id of a request: the origin and the client get it, a trusted proxy's is kept.",
    SENT_HEADER_NAME,
  ),
  fields: about(
    "Headers of requests that are logged too.",
    oneOrMore(HEADER_NAME, "names of headers"),
  ),
  skip: about(
    "Paths of requests that are not logged.",
    oneOrMore(
      text({ accepts: "the pattern of a path", read: parsePathPattern }),
      "patterns of paths",
    ),
  ),
  sample: about(
    "Log only this share of requests, and every error and slow request.",
    SAMPLE,
  ),
});

const ADMIN: Schema = either(
  '"off", or { listen, token, hosts }',
  words("off"),
  object({
    id: "AdminOptions",
    description:
      "The admin listener: live page, metrics, explain, purge, reload.",
    required: ["listen"],
  }, {
    listen: about("Where it listens.", ADDRESS),
    token: about("What clients must send as Authorization: Bearer.", SECRET),
    hosts: about(
      "Names that it is reached by.",
      oneOrMore(
        text({ accepts: "the name of a host", read: parseOneHost }),
        "names of hosts",
      ),
    ),
  }),
);

/** A whole configuration file. */
export const CONFIG: Schema = object({
  id: "Config",
  description: "The configuration of sluice.",
  elsewhere: BELOW_THE_TOP,
}, {
  $schema: about("Where the JSON Schema is, for editors.", TEXT),
  include: about(
    "Files whose hosts and upstreams are added to these.",
    INCLUDE,
  ),
  listen: about("Where clients are accepted.", LISTEN, or("listen")),
  tls: about("HTTPS.", TLS),
  workers: about(
    "Threads that serve clients: a number, or `auto` for one per core.",
    text({
      accepts: "a whole number from 1, or auto",
      read: parseWorkers,
      takesNumbers: true,
    }),
    or("workers"),
  ),
  drain: about(
    "Time for in-flight requests to finish after SIGTERM.",
    DURATION,
    or("drain"),
  ),
  trustedProxies: about(
    "Proxies that are trusted to report the client address.",
    CIDRS,
  ),
  clientAddress: about(
    "A header with the client address, believed from trusted proxies only.",
    HEADER_NAME,
  ),
  forwarded: about("Send `Forwarded` (RFC 7239) too.", onOff(), "false"),
  limits: about("What concerns connections and heads.", LIMITS),
  log: about("The access log.", LOG),
  admin: about("The admin listener.", ADMIN, "off"),
  maintenance: about(
    "A page in place of everything while a file exists.",
    MAINTENANCE,
  ),
  cache: about("The cache, and defaults for all routes.", PROCESS_CACHE),
  ...INHERITED,
  upstreams: about("Groups of servers by name.", UPSTREAMS),
  hosts: about("What is done with requests, by host.", HOSTS),
});
