/** The schema of `cache`: of one route, and at the top of the whole process. */

import { defaultText as or } from "../defaults.ts";
import {
  parseCacheSize,
  parseObjectSize,
  parseSliceSize,
} from "../flag_values.ts";
import { parseHeaderName } from "../written.ts";
import {
  CLIENT_CERTIFICATE,
  clientCertificateComplaints,
} from "./client_certificate.ts";
import {
  about,
  type Complaint,
  either,
  list,
  type Members,
  object,
  oneOrMore,
  onOff,
  type Schema,
  text,
  words,
} from "./kinds.ts";
import { AT_THE_TOP, elsewhere } from "./unknown_key.ts";
import {
  CIDRS,
  COUNT_FROM_1,
  DURATION,
  KEY_PART,
  OBJECT_SIZE,
  PATH,
  TEXT,
} from "./values.ts";

const URL_TEXT = text({
  accepts: "a URL like redis://host:6379",
  read: parseSharedUrl,
});

function parseSharedUrl(url: string): void {
  if (/^unix:\/\/(?:[^/@]*@)?\/[^/]/.test(url)) return;
  const { protocol = "", pathname = "" } = URL.parse(url) ?? {};
  if (/^rediss?:$/.test(protocol) && /^(?:\/\d*)?$/.test(pathname)) return;
  throw new SyntaxError(`"${url}" is not a URL like redis://host:6379`);
}

/** What a route says of the cache. */
const OF_A_ROUTE: Members = {
  ttl: about(
    "Lifetime of responses that do not give one; off: 10% of the time since Last-Modified, at most `heuristicMax`.",
    DURATION,
    or("cache.ttl"),
  ),
  force: about(
    "Lifetime in place of the origin's; never over `private`, Set-Cookie or Authorization.",
    DURATION,
    or("cache.force"),
  ),
  stale: about(
    "How long after that a response may be served while it is fetched again, or when the origin fails, where the origin gives no such time.",
    DURATION,
    or("cache.stale"),
  ),
  heuristicMax: about(
    "Longest lifetime to derive from Last-Modified; off: derive none.",
    DURATION,
    or("cache.heuristicMax"),
  ),
  key: about(
    "Extra parts of the cache key: `header:NAME` or `cookie:NAME`.",
    oneOrMore(KEY_PART, "header:NAME or cookie:NAME"),
  ),
  query: about(
    "The part of the query in the key: all, none, all in order, or a list of the parameters that count.",
    either(
      "keep, ignore, sort or a list of names",
      words("keep", "ignore", "sort"),
      list(TEXT, "names of parameters"),
    ),
    or("cache.query"),
  ),
  status: about(
    "Whether `Cache-Status` is sent; `full`: with the cache key.",
    words("on", "off", "full"),
    or("cache.status"),
  ),
  targetedField: about(
    "A response header with directives for this cache only (RFC 9213), read before CDN-Cache-Control and Cache-Control.",
    text({ accepts: "the name of a header", read: parseHeaderName }),
  ),
  setCookie: about(
    "Responses with Set-Cookie: do not store them, store them without the cookie, or with it (every client gets it).",
    words("refuse", "strip", "store"),
    or("cache.setCookie"),
  ),
  tags: about(
    "Whether clients get Cache-Tag and Surrogate-Key.",
    onOff(),
    or("cache.tags"),
  ),
  purgeFrom: about(
    "Client addresses that may use PURGE.",
    either("addresses or blocks, or off", words("off"), CIDRS),
    or("cache.purgeFrom"),
  ),
};

/** Less is taken by what the folder needs itself. */
const DISK_BYTES_MIN = 64 * 1024 * 1024;

const OFF_OR_TTL: readonly [string, Schema, Schema] = [
  "off, a duration (the ttl), or an object with ttl, force, stale, …",
  words("off"),
  DURATION,
];

/** The cache, at a host or a route. */
export const CACHE: Schema = either(
  ...OFF_OR_TTL,
  object({
    id: "CacheOptions",
    elsewhere: elsewhere(AT_THE_TOP, [
      "memory",
      "maxObject",
      "slice",
      "disk",
      "shared",
    ]),
    description: "What is stored, for how long, and what it is found by.",
  }, OF_A_ROUTE),
).meta({
  id: "Cache",
  description: "`off`, a duration (the `ttl`), or options.",
});

const DISK_SIZE = text({
  accepts: "a size of at least 64MiB",
  read: parseDiskSize,
  takesNumbers: true,
});

function parseDiskSize(size: string): number {
  const bytes = parseObjectSize(size);
  if (bytes >= DISK_BYTES_MIN) return bytes;
  throw new SyntaxError(`"${size}" is less than 64MiB`);
}

const DISK: Schema = object({
  id: "Disk",
  description: "A cache on disk, behind the one in memory.",
  required: ["path", "size"],
}, {
  path: about("Its folder.", PATH),
  size: about("What it may hold in all, at least 64MiB.", DISK_SIZE),
  maxObject: about(
    "Largest response content to store.",
    OBJECT_SIZE,
    or("cache.disk.maxObject"),
  ),
  admit: about(
    "At which request a response is stored.",
    COUNT_FROM_1,
    or("cache.disk.admit"),
  ),
});

const SHARED_TLS: Schema = object({
  id: "SharedCacheTls",
  description: "TLS to the shared cache.",
  check: clientCertificateComplaints,
}, {
  ca: about(
    "Certificates to trust in place of the system's, in PEM.",
    oneOrMore(PATH, "files"),
  ),
  name: about("The name that its certificate must have.", TEXT),
  ...CLIENT_CERTIFICATE,
});

const SHARED: Schema = object({
  id: "SharedCache",
  description: "A cache that several machines share.",
  required: ["url"],
  check: function* ({ url, tls }): Iterable<Complaint> {
    if (tls !== undefined && !String(url).startsWith("rediss:")) {
      yield { at: "tls", message: "is only for a URL like rediss://host:6379" };
    }
  },
}, {
  url: about(
    "Where it is: `redis://host:6379`, `rediss://` for TLS, `unix:///path` for a socket; with `user:password@` if it wants that.",
    URL_TEXT,
  ),
  prefix: about("What its keys begin with.", TEXT),
  timeout: about(
    "How long it may take to answer.",
    DURATION,
    or("cache.shared.timeout"),
  ),
  tls: about("Whom to trust over TLS, and what to show.", SHARED_TLS),
});

/** The cache, at the top. */
export const PROCESS_CACHE: Schema = either(
  ...OFF_OR_TTL,
  object({
    id: "ProcessCacheOptions",
    description: "The cache of the whole process, and defaults for all routes.",
    check: function* (
      { memory, maxObject, slice, disk, shared },
    ): Iterable<Complaint> {
      const bytes = bytesIn(memory);
      const objectBytes = bytesIn(maxObject ?? or("cache.maxObject"));
      if (slice !== undefined && sliceBytesIn(slice) > objectBytes) {
        yield {
          at: "slice",
          message: `${slice} is more than maxObject, which is ${
            maxObject ?? or("cache.maxObject")
          }`,
        };
      }
      for (const [at, tier] of Object.entries({ disk, shared })) {
        if (memory === undefined || bytes > 0 || tier === undefined) continue;
        const message = `is behind the cache in memory, which is ${memory}`;
        yield { at, message };
      }
      if (bytes > 0 && bytesIn(maxObject) > bytes) {
        yield {
          at: "maxObject",
          message: `${maxObject} is more than memory, which is ${memory}`,
        };
      }
    },
  }, {
    memory: about(
      "Memory for the cache; 0 or off turns it off.",
      text({
        accepts: "a size like 256MiB",
        read: parseCacheSize,
        takesNumbers: true,
      }),
      or("cache.memory"),
    ),
    maxObject: about(
      "Largest response content to store in memory.",
      OBJECT_SIZE,
      or("cache.maxObject"),
    ),
    slice: about(
      "The size of the slices that content larger than `maxObject` is kept in, and that ranges are fetched in; off: such content is not stored.",
      text({
        accepts: "off, or a size like 1MiB, at least 16KiB",
        read: parseSliceSize,
        takesNumbers: true,
      }),
      or("cache.slice"),
    ),
    disk: about("A cache on disk.", DISK),
    shared: about("A cache that several machines share.", SHARED),
    ...OF_A_ROUTE,
  }),
).meta({
  id: "ProcessCache",
  description: "`off`, a duration (the `ttl`), or options.",
});

function sliceBytesIn(size: unknown): number {
  try {
    return parseSliceSize(String(size));
  } catch {
    return 0; // what is wrong with it is said where it stands
  }
}

/** The bytes of a size; 0 for what is none. */
function bytesIn(size: unknown): number {
  try {
    return parseCacheSize(String(size));
  } catch {
    return 0; // what is wrong with it is said where it stands
  }
}
