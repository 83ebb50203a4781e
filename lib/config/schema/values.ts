/** The values that a configuration file writes as text, each with its name and description. */

import { parseCidr } from "../../net/cidr.ts";
import { parseListen, parseUpstream } from "../address_values.ts";
import {
  atLeastOne,
  parseCodings,
  parseHostHeader,
  parseKeyPart,
  parseObjectSize,
  parseTypes,
  unlimited,
} from "../flag_values.ts";
import {
  parseCount,
  parseDuration,
  parsePercent,
  parseRate,
  parseSize,
} from "../units.ts";
import {
  parseCookieName,
  parseHeaderName,
  parseHeaderValue,
  parseHttpUrl,
  parsePath,
  parseSentHeader,
  parseTemplateText,
  parseUrlPath,
} from "../written.ts";
import {
  either,
  object,
  oneOrMore,
  type Schema,
  text,
  whole,
} from "./kinds.ts";

/** The most characters of a response body in the configuration. */
const BODY_LENGTH_MAX = 1_048_576;

/** A size in bytes. */
export const SIZE: Schema = text({
  id: "Size",
  accepts: "a size like 512, 16KiB, 10MB or off",
  description:
    "A size: `512`, `16KiB`, `1M`, `1G` (powers of 1024), `10kB`, `10MB` (powers of 1000), or a number of bytes; `off` for none.",
  read: parseSize,
  takesNumbers: true,
});

/** The size of something that cannot be empty. */
export const OBJECT_SIZE: Schema = text({
  accepts: "a size like 512, 16KiB or 10MB",
  read: (size) => parseObjectSize(size, 'write "cache": "off"'),
  takesNumbers: true,
});

/** A duration. */
export const DURATION: Schema = text({
  id: "Duration",
  accepts: "a duration like 30s",
  description:
    "A duration: `500ms`, `10s`, `5m`, `24h`, `1d`, `1w`, `1y`; `off` for none. Never a bare number.",
  read: parseDuration,
});

/** A count; `off` for no limit. */
export const LIMIT_COUNT: Schema = text({
  id: "Count",
  accepts: "a whole number or off",
  description: "A whole number; `off` for no limit.",
  read: unlimited(parseCount),
  takesNumbers: true,
});

/** A count of something that may be none. */
export const COUNT: Schema = text({
  accepts: "a whole number",
  read: parseCount,
  takesNumbers: true,
});

/** A count of at least one. */
export const COUNT_FROM_1: Schema = text({
  accepts: "a whole number from 1",
  read: atLeastOne,
  takesNumbers: true,
});

/** A rate. */
export const RATE: Schema = text({
  id: "Rate",
  accepts: "a rate like 10/s",
  description: "A rate: `10/s`, `600/m`, `1000/h`, `5/d`.",
  read: parseRate,
});

/** A percentage. */
export const PERCENT: Schema = text({
  id: "Percent",
  accepts: "a percentage like 20%",
  description: "A share: `20%`.",
  read: parsePercent,
});

/** Where to listen. */
export const ADDRESS: Schema = text({
  id: "Address",
  accepts: "an address like :80",
  description:
    "Where to listen: `host:port`, `[ipv6]:port`, `:port` (every interface, IPv4 and IPv6) or `unix:/path`.",
  read: parseListen,
});

/** The address of a server behind. */
export const SERVER_URL: Schema = text({
  id: "ServerUrl",
  accepts: "a URL like http://127.0.0.1:3000",
  description:
    "Where a server is: `http://host:port`, `https://host:port` or `unix:/path`.",
  read: parseUpstream,
});

/** A block of addresses. */
export const CIDR: Schema = text({
  id: "Cidr",
  accepts: "an address or a block like 10.0.0.0/8",
  description: "An IP address, or a block of them: `10.0.0.0/8`.",
  read: parseCidr,
});

/** Blocks of addresses. */
export const CIDRS: Schema = oneOrMore(
  CIDR,
  "addresses or blocks like 10.0.0.0/8",
);

/** A header's name. */
export const HEADER_NAME: Schema = text({
  id: "HeaderName",
  accepts: "the name of a header",
  description: "The name of a header; case does not count.",
  read: parseHeaderName,
});

/** The name of a header that sluice can be told to send. */
export const SENT_HEADER_NAME: Schema = text({
  accepts: "the name of a header",
  read: parseSentHeader,
});

/** A header's value. */
export const HEADER_VALUE: Schema = text({
  id: "HeaderValue",
  accepts: "text or null",
  description:
    "The value of a header: text, in which `{scheme} {host} {port} {uri} {path} {query} {client} {method} {id}` stand for values of the request.",
  read: parseHeaderValue,
});

/** Text with values of the request. */
export const BODY_TEXT: Schema = text({
  accepts: "text",
  read: parseTemplateText,
  lengthMax: BODY_LENGTH_MAX,
});

/** Any text. */
export const TEXT: Schema = text({ accepts: "text", read: String });

/** A file or folder. */
export const PATH: Schema = text({
  id: "Path",
  accepts: "the path of a file",
  description:
    "A file or folder; a relative path is relative to the configuration file.",
  read: parsePath,
});

/** A path on a server. */
export const URL_PATH: Schema = text({
  accepts: "a path like /healthz",
  read: parseUrlPath,
});

/** A web address. */
export const HTTP_URL: Schema = text({
  id: "HttpUrl",
  accepts: "a URL like https://host/path",
  description: "An http or https URL.",
  read: parseHttpUrl,
});

/** A cookie's name. */
export const COOKIE_NAME: Schema = text({
  accepts: "the name of a cookie",
  read: parseCookieName,
});

/** The Host that the origin gets. */
export const HOST_HEADER: Schema = text({
  id: "HostHeader",
  accepts: "client, upstream or a host name",
  description:
    "The Host header for the origin: `client` (as received), `upstream` (the server's own), or a name.",
  read: parseHostHeader,
});

/** A part of the cache key. */
export const KEY_PART: Schema = text({
  id: "KeyPart",
  accepts: "header:NAME or cookie:NAME",
  description: "A part of the cache key: `header:NAME` or `cookie:NAME`.",
  read(part): void {
    if (/^(?:header|cookie):/.test(part)) return void parseKeyPart(part);
    throw new SyntaxError(
      `"${part}" is not header:NAME or cookie:NAME; the query is cache.query's`,
    );
  },
});

/** A content coding that is made. */
export const CODING: Schema = text({
  id: "CodingName",
  accepts: "gzip or br",
  description: "A content coding: `gzip` or `br`.",
  read(coding): void {
    if (parseCodings(coding).length === 1) return;
    throw new SyntaxError(`"${coding}" is not one of gzip, br`);
  },
});

/** A media type, or all of a kind. */
export const MEDIA_TYPES: Schema = text({
  accepts: "a media type like text/html, or text/",
  read(type): void {
    if (parseTypes(type).length !== 1) {
      throw new SyntaxError(
        `"${type}" is not a media type like text/html, or text/`,
      );
    }
  },
});

/** A secret, which is never printed. */
export const SECRET: Schema = either(
  "text, or { file } with the path of a file that holds it",
  TEXT,
  object({
    id: "SecretFile",
    description: "A secret that is read from a file.",
    required: ["file"],
  }, { file: PATH.optional() }),
).meta({
  id: "Secret",
  description:
    "A secret: text (perhaps `${NAME}` of the environment), or `{ file }`. `sluice print-config` does not show it.",
});

/** The status of a final response. */
export const STATUS: Schema = whole("a status from 200 to 599", 200, 599);
