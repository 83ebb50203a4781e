/** The schema of what concerns connections: `listen`, `limits`, `tls`. */

import { defaultText as or } from "../defaults.ts";
import { upTo } from "../flag_values.ts";
import { FIELD_COUNT_CEILING, HEAD_BYTES_CEILING } from "../flags.ts";
import { formatSize, parseCount, parseSize } from "../units.ts";
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
import {
  ADDRESS,
  DURATION,
  LIMIT_COUNT,
  PATH,
  SECRET,
  SIZE,
  TEXT,
} from "./values.ts";
import { parseHttpUrl } from "../written.ts";

const HEAD_SIZE = text({
  accepts: "a size up to 128KiB",
  read: upTo(parseSize, HEAD_BYTES_CEILING, formatSize),
  takesNumbers: true,
});
const FIELD_COUNT = text({
  accepts: "a whole number up to 10000",
  read: upTo(parseCount, FIELD_COUNT_CEILING),
  takesNumbers: true,
});

/** Limits that hold before a request's route is known. */
const CLIENT_LIMITS: Members = {
  maxHead: about(
    "Largest request head; a larger one gets 431.",
    HEAD_SIZE,
    or("limits.maxHead"),
  ),
  maxFields: about(
    "Most headers in a request; more get 431.",
    FIELD_COUNT,
    or("limits.maxFields"),
  ),
  maxTarget: about(
    "Longest request target; a longer one gets 414.",
    HEAD_SIZE,
    or("limits.maxTarget"),
  ),
  maxConnections: about(
    "Most client connections.",
    LIMIT_COUNT,
    or("limits.maxConnections"),
  ),
  maxConnectionsPerClient: about(
    "Most connections from one client address (IPv6: /64). Trusted proxies have no limit; this machine has none unless this is given.",
    LIMIT_COUNT,
    or("limits.maxConnectionsPerClient"),
  ),
  headerTimeout: about(
    "Time for a whole request head, from its first byte; then 408.",
    DURATION,
    or("limits.headerTimeout"),
  ),
  idleTimeout: about(
    "Time until the next request on a client connection.",
    DURATION,
    or("limits.idleTimeout"),
  ),
  minUploadRate: about(
    "Bytes of request content a client must send each second once `minUploadGrace` is used up; else 408.",
    SIZE,
    or("limits.minUploadRate"),
  ),
  minUploadGrace: about(
    "How long request content may be slower than `minUploadRate`.",
    DURATION,
    or("limits.minUploadGrace"),
  ),
};

/** The limits of one listener. */
const LISTENER_LIMITS: Schema = object({
  id: "ListenerLimits",
  description: "Limits of one listener, in place of those at the top.",
}, CLIENT_LIMITS);

/** What concerns connections and heads. */
export const LIMITS: Schema = object({
  id: "Limits",
  description: "What concerns connections and heads.",
}, {
  ...CLIENT_LIMITS,
  maxResponseHead: about(
    "Largest response head from the origin; a larger one gets 502.",
    HEAD_SIZE,
    or("limits.maxResponseHead"),
  ),
  maxResponseFields: about(
    "Most headers in a response from the origin; more get 502.",
    FIELD_COUNT,
    or("limits.maxResponseFields"),
  ),
  maxTunnels: about(
    "Most upgraded connections (WebSocket) to an upstream; one more gets 503.",
    LIMIT_COUNT,
    or("limits.maxTunnels"),
  ),
});

const LISTENER: Schema = object({
  id: "Listener",
  description: "An address to listen on, with options.",
  required: ["address"],
}, {
  address: about("Where to listen.", ADDRESS),
  proxyProtocol: about(
    "Connections begin with a PROXY protocol header (v1 or v2), from `trustedProxies` only.",
    onOff(),
    "false",
  ),
  limits: about("Limits of this listener.", LISTENER_LIMITS),
});

const ONE = either(
  "an address like :80, or { address, proxyProtocol, limits }",
  ADDRESS,
  LISTENER,
);
const ADDRESSES = oneOrMore(ONE, "addresses like :80");

/** Where clients are accepted. */
export const LISTEN: Schema = either(
  "an address like :80, a list of them, or { http, https }",
  ADDRESS,
  list(ONE, "addresses like :80"),
  either(
    "{ http, https } or { address }",
    object({
      id: "Listeners",
      description: "Addresses for plain HTTP and for HTTPS.",
      check: function* (listen): Iterable<Complaint> {
        if (listen.http === undefined && listen.https === undefined) {
          yield { message: "is empty: expected http, https or both" };
        }
      },
    }, {
      http: about(
        "Addresses for plain HTTP. With `https` too, they redirect there.",
        ADDRESSES,
      ),
      https: about(
        "Addresses for HTTPS; `tls` says with which certificates.",
        ADDRESSES,
      ),
    }),
    LISTENER,
  ),
);

const CERTIFICATE: Schema = either(
  "a file, a glob, or { cert, key }",
  PATH,
  object({
    id: "Certificate",
    description: "A certificate chain and its key in two files.",
    required: ["cert", "key"],
  }, {
    cert: about("The certificate chain, in PEM.", PATH),
    key: about("The private key, in PEM.", PATH),
  }),
);

const EXTERNAL_ACCOUNT: Schema = object({
  id: "ExternalAccount",
  description:
    "An account that the authority knows already (external account binding).",
  required: ["kid", "key"],
}, {
  kid: about("What the authority calls it.", TEXT),
  key: about("Its HMAC key, in base64url.", SECRET),
});

const ACME: Schema = either(
  "true, or { email, directory, ca, storage, eab }",
  onOff(),
  object({
    id: "Acme",
    description: "Certificates from an authority that speaks ACME (RFC 8555).",
  }, {
    email: about(
      "Where the authority may write to.",
      text({ accepts: "an e-mail address", read: parseEmail }),
    ),
    directory: about(
      "The authority's directory.",
      text({ accepts: "a URL", read: parseHttpUrl }),
    ),
    ca: about("Certificates to trust for the directory, in PEM.", PATH),
    storage: about("The folder for accounts and certificates.", PATH),
    eab: about(
      "The account that the authority has of us already: `{ kid, key }` (RFC 8555 §7.3.4).",
      EXTERNAL_ACCOUNT,
    ),
  }),
);

function parseEmail(address: string): void {
  if (/^[^\s@]+@[^\s@]+$/.test(address)) return;
  throw new SyntaxError(`"${address}" is not an e-mail address`);
}

/** Certificates, and what follows from having them. */
export const TLS: Schema = either(
  '"internal", or an object with certificates or acme',
  words("internal"),
  object({
    id: "TlsOptions",
    description: "HTTPS: where certificates come from, and what follows.",
    check: function* (tls): Iterable<Complaint> {
      if (tls.acme === true || tls.acme === undefined) return;
      if (tls.acme === false) {
        yield {
          at: "acme",
          message: "expected true or an object; leave it out for none",
        };
      }
    },
  }, {
    certificates: about(
      "Files of certificates: chain and key in one file, or `{ cert, key }`; a glob, or a list. Chosen by server name, read again when they change.",
      oneOrMore(CERTIFICATE, "files, globs or { cert, key }"),
    ),
    acme: about(
      "Certificates by ACME for the exact names of `hosts`: `true`, or options.",
      ACME,
    ),
    hsts: about("Send `Strict-Transport-Security` with this age.", DURATION),
    redirect: about("Whether plain HTTP redirects to HTTPS.", onOff(), "true"),
    unknown: about(
      "What clients get that ask for an unknown name: the first certificate, or none.",
      words("default", "refuse"),
      "default",
    ),
    minVersion: about("The oldest version of TLS.", words("1.2", "1.3"), "1.2"),
  }),
).meta({
  id: "Tls",
  description:
    'HTTPS: options, or `"internal"` for a self-signed certificate during development.',
});

/** Names of files that are included. */
export const INCLUDE: Schema = oneOrMore(
  PATH,
  "files or globs like sites/*.json",
);
