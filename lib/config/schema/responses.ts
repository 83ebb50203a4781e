/** The schema of what changes messages: headers, compression, sizes, times, error pages. */

import { defaultText as or } from "../defaults.ts";
import {
  parseCorsOrigin,
  parseErrorStatus,
  parseHeaderKey,
  parseMethod,
} from "../written.ts";
import {
  about,
  type Complaint,
  either,
  expected,
  list,
  object,
  objectAnd,
  oneOrMore,
  onOff,
  type Schema,
  table,
  text,
  words,
} from "./kinds.ts";
import {
  CODING,
  DURATION,
  HEADER_NAME,
  HEADER_VALUE,
  MEDIA_TYPES,
  PATH,
  SIZE,
} from "./values.ts";
import * as z from "zod";

const NOTHING: Schema = z.null({ error: (issue) => expected("null", issue) });

/** Headers to set, add or remove. */
export const HEADERS: Schema = table({
  id: "HeaderRules",
  description:
    "Headers by name: text sets one, `null` removes it, `+name` adds one.",
  accepts: "an object from names of headers to texts or null",
  key: parseHeaderKey,
  check: function* (rules): Iterable<Complaint> {
    const seen = new Map<string, string>();
    for (const [name, value] of Object.entries(rules)) {
      const lower = name.toLowerCase();
      const other = seen.get(lower);
      if (other !== undefined) {
        yield {
          at: name,
          message: `is the same header as ${other}`,
          isName: true,
        };
      }
      seen.set(lower, name);
      if (value === null && name.startsWith("+")) {
        yield {
          at: name,
          message: "null removes a header; it is written without +",
          isName: true,
        };
      }
    }
  },
}, either("text, or null to remove it", HEADER_VALUE, NOTHING));

/** The preset of security headers. */
export const SECURITY: Schema = onOff();

/** Cross-origin requests. */
export const CORS: Schema = either(
  '"off", or an object with origins, methods, …',
  words("off"),
  object({
    id: "CorsOptions",
    description: "Which other origins' pages may read responses.",
    required: ["origins"],
    check: function* ({ origins, credentials }): Iterable<Complaint> {
      if (credentials === true && [origins].flat().includes("*")) {
        yield {
          at: "origins",
          message: '"*" cannot be used with credentials: name the origins',
        };
      }
    },
  }, {
    origins: about(
      "The origins: `https://app.example`, `https://*.app.example` or `*`.",
      oneOrMore(
        text({
          accepts: "an origin like https://app.example",
          read: parseCorsOrigin,
        }),
        "origins",
      ),
    ),
    methods: about(
      "Methods beyond GET, HEAD and POST.",
      oneOrMore(
        text({ accepts: "a method like PUT", read: parseMethod }),
        "methods",
      ),
    ),
    headers: about(
      "Request headers that pages may send.",
      oneOrMore(HEADER_NAME, "names of headers"),
    ),
    credentials: about("Whether cookies go along.", onOff(), "false"),
    maxAge: about("How long browsers remember the answer.", DURATION),
  }),
);

/** Compression. */
export const COMPRESS: Schema = either(
  '"off", a list of codings, or { codings, min, types }',
  words("off"),
  list(CODING, "codings: gzip, br"),
  object({
    id: "CompressOptions",
    description: "What is compressed, and how.",
  }, {
    codings: about(
      "Content codings, in order of preference.",
      oneOrMore(CODING, "codings: gzip, br"),
      or("compress.codings"),
    ),
    min: about("Smallest content to compress.", SIZE, or("compress.min")),
    types: about(
      "Media types to compress instead of the usual text types; `text/` means every text type.",
      oneOrMore(MEDIA_TYPES, "media types"),
    ),
  }),
).meta({
  id: "Compress",
  description: "`off`, a list of codings, or options.",
});

/** The largest content of a request. */
export const BODY: Schema = SIZE;

/** Times of a request. */
export const TIMEOUT: Schema = either(
  "a duration (of the response), off, or { connect, response, total, read, write, body, tunnel }",
  DURATION,
  object({
    id: "Timeouts",
    description: "How long each step of a request may take.",
  }, {
    connect: about(
      "To open a connection to the origin; then 504.",
      DURATION,
      or("timeout.connect"),
    ),
    response: about(
      "From the end of a request to the response head; then 504.",
      DURATION,
      or("timeout.response"),
    ),
    total: about(
      "For all tries together, waits for a connection included, until the response head; then 504.",
      DURATION,
      or("timeout.total"),
    ),
    read: about(
      "Until the next bytes of response content; event streams may pause without limit.",
      DURATION,
      or("timeout.read"),
    ),
    write: about(
      "For a peer to accept the bytes written to it.",
      DURATION,
      or("timeout.write"),
    ),
    body: about(
      "Until the next bytes of request content; then 408.",
      DURATION,
      or("timeout.body"),
    ),
    tunnel: about(
      "Until the next bytes in either direction of an upgraded connection.",
      DURATION,
      or("timeout.tunnel"),
    ),
  }),
).meta({
  id: "Timeout",
  description:
    "A duration (of `response`), `off` for none of them, or options.",
});

/** Pages for errors. */
export const ERRORS: Schema = either(
  '"off", or an object from statuses to files',
  words("off"),
  objectAnd(
    {
      id: "ErrorPages",
      description:
        "Pages by status (`404`) or class (`5xx`), for errors of sluice's own.",
    },
    {
      intercept: about(
        "Whether they replace the origin's errors too.",
        onOff(),
        or("errors.intercept"),
      ),
    },
    {
      says: "statuses like 404 or 5xx",
      isKey: (key) => /^[\d*]/.test(key),
      readKey: parseErrorStatus,
      pattern: "^[45]([0-9]{2}|xx)$",
      definition: "Path",
      value: PATH,
    },
  ),
);
