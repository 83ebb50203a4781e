/**
 * The configuration of sluice: made from its schema by `sluice types`.
 *
 * In a `sluice.config.ts`: `export default { … } satisfies Config;`
 */

/** The configuration of sluice. */
export interface Config {
  /** Where the JSON Schema is, for editors. */
  readonly $schema?: string;
  /** Files whose hosts and upstreams are added to these. */
  readonly include?: Path | readonly Path[];
  /** Where clients are accepted. Default: `127.0.0.1:8000`. */
  readonly listen?: Address | readonly (Address | Listener)[] | Listeners | Listener;
  /** HTTPS. */
  readonly tls?: Tls;
  /** Threads that serve clients: a number, or `auto` for one per core. Default: `1`. */
  readonly workers?: string | number;
  /** Time for in-flight requests to finish after SIGTERM. Default: `30s`. */
  readonly drain?: Duration;
  /** Proxies that are trusted to report the client address. */
  readonly trustedProxies?: Cidr | readonly Cidr[];
  /** A header with the client address, believed from trusted proxies only. */
  readonly clientAddress?: HeaderName;
  /** Send `Forwarded` (RFC 7239) too. Default: `false`. */
  readonly forwarded?: boolean;
  /** What concerns connections and heads. */
  readonly limits?: Limits;
  /** The access log. */
  readonly log?: Log;
  /** The admin listener. Default: `off`. */
  readonly admin?: "off" | AdminOptions;
  /** A page in place of everything while a file exists. */
  readonly maintenance?: Maintenance;
  /** The cache, and defaults for all routes. */
  readonly cache?: ProcessCache;
  /** Headers of responses to clients. */
  readonly headers?: HeaderRules;
  /** Headers of requests to the origin. */
  readonly requestHeaders?: HeaderRules;
  /** The usual security headers, each unless the origin set it. Default: `false`. */
  readonly security?: boolean;
  /** Which other origins' pages may read responses. */
  readonly cors?: "off" | CorsOptions;
  /** Send `Server-Timing`: what a response has waited for. Default: `false`. */
  readonly serverTiming?: boolean;
  /** Compression. */
  readonly compress?: Compress;
  /** Largest request content; more gets 413. Default: `off`. */
  readonly body?: Size;
  /** How long each step may take. */
  readonly timeout?: Timeout;
  /** How many requests are let through. */
  readonly limit?: Limit;
  /** Only these client addresses; `off` for all. */
  readonly allow?: "off" | Cidr | readonly Cidr[];
  /** Not these client addresses; checked before `allow`. */
  readonly deny?: "off" | Cidr | readonly Cidr[];
  /** Authentication. */
  readonly auth?: Auth;
  /** Whether both addresses and authentication must hold, or one of them. Default: `all`. */
  readonly satisfy?: "all" | "any";
  /** Pages for errors. */
  readonly errors?: "off" | ErrorPages;
  /** Groups of servers by name. */
  readonly upstreams?: { readonly [name: string]: Upstream };
  /** What is done with requests, by host. */
  readonly hosts?: { readonly [name: string]: Host };
}

/** A file or folder; a relative path is relative to the configuration file. */
export type Path = string;

/** Where to listen: `host:port`, `[ipv6]:port`, `:port` (every interface, IPv4 and IPv6) or `unix:/path`. */
export type Address = string;

/** An address to listen on, with options. */
export interface Listener {
  /** Where to listen. */
  readonly address: Address;
  /** Connections begin with a PROXY protocol header (v1 or v2), from `trustedProxies` only. Default: `false`. */
  readonly proxyProtocol?: boolean;
  /** Limits of this listener. */
  readonly limits?: ListenerLimits;
}

/** Limits of one listener, in place of those at the top. */
export interface ListenerLimits {
  /** Largest request head; a larger one gets 431. Default: `32KiB`. */
  readonly maxHead?: string | number;
  /** Most headers in a request; more get 431. Default: `100`. */
  readonly maxFields?: string | number;
  /** Longest request target; a longer one gets 414. Default: `8KiB`. */
  readonly maxTarget?: string | number;
  /** Most client connections. Default: `10000`. */
  readonly maxConnections?: Count;
  /** Most connections from one client address (IPv6: /64). Trusted proxies have no limit; this machine has none unless this is given. Default: `256`. */
  readonly maxConnectionsPerClient?: Count;
  /** Time for a whole request head, from its first byte; then 408. Default: `15s`. */
  readonly headerTimeout?: Duration;
  /** Time until the next request on a client connection. Default: `75s`. */
  readonly idleTimeout?: Duration;
  /** Bytes of request content a client must send each second once `minUploadGrace` is used up; else 408. Default: `256`. */
  readonly minUploadRate?: Size;
  /** How long request content may be slower than `minUploadRate`. Default: `30s`. */
  readonly minUploadGrace?: Duration;
}

/** A whole number; `off` for no limit. */
export type Count = string | number;

/** A duration: `500ms`, `10s`, `5m`, `24h`, `1d`, `1w`, `1y`; `off` for none. Never a bare number. */
export type Duration = string;

/** A size: `512`, `16KiB`, `1M`, `1G` (powers of 1024), `10kB`, `10MB` (powers of 1000), or a number of bytes; `off` for none. */
export type Size = string | number;

/** Addresses for plain HTTP and for HTTPS. */
export interface Listeners {
  /** Addresses for plain HTTP. With `https` too, they redirect there. */
  readonly http?: Address | Listener | readonly (Address | Listener)[];
  /** Addresses for HTTPS; `tls` says with which certificates. */
  readonly https?: Address | Listener | readonly (Address | Listener)[];
}

/** HTTPS: options, or `"internal"` for a self-signed certificate during development. */
export type Tls = "internal" | TlsOptions;

/** HTTPS: where certificates come from, and what follows. */
export interface TlsOptions {
  /** Files of certificates: chain and key in one file, or `{ cert, key }`; a glob, or a list. Chosen by server name, read again when they change. */
  readonly certificates?: Path | Certificate | readonly (Path | Certificate)[];
  /** Certificates by ACME for the exact names of `hosts`: `true`, or options. */
  readonly acme?: boolean | Acme;
  /** Send `Strict-Transport-Security` with this age. */
  readonly hsts?: Duration;
  /** Whether plain HTTP redirects to HTTPS. Default: `true`. */
  readonly redirect?: boolean;
  /** What clients get that ask for an unknown name: the first certificate, or none. Default: `default`. */
  readonly unknown?: "default" | "refuse";
  /** The oldest version of TLS. Default: `1.2`. */
  readonly minVersion?: "1.2" | "1.3";
}

/** A certificate chain and its key in two files. */
export interface Certificate {
  /** The certificate chain, in PEM. */
  readonly cert: Path;
  /** The private key, in PEM. */
  readonly key: Path;
}

/** Certificates from an authority that speaks ACME (RFC 8555). */
export interface Acme {
  /** Where the authority may write to. */
  readonly email?: string;
  /** The authority's directory. */
  readonly directory?: string;
  /** Certificates to trust for the directory, in PEM. */
  readonly ca?: Path;
  /** The folder for accounts and certificates. */
  readonly storage?: Path;
  /** The account that the authority has of us already: `{ kid, key }` (RFC 8555 §7.3.4). */
  readonly eab?: ExternalAccount;
}

/** An account that the authority knows already (external account binding). */
export interface ExternalAccount {
  /** What the authority calls it. */
  readonly kid: string;
  /** Its HMAC key, in base64url. */
  readonly key: Secret;
}

/** A secret that is read from a file. */
export interface SecretFile {
  /** A file or folder; a relative path is relative to the configuration file. */
  readonly file: Path;
}

/** A secret: text (perhaps `${NAME}` of the environment), or `{ file }`. `sluice print-config` does not show it. */
export type Secret = string | SecretFile;

/** An IP address, or a block of them: `10.0.0.0/8`. */
export type Cidr = string;

/** The name of a header; case does not count. */
export type HeaderName = string;

/** What concerns connections and heads. */
export interface Limits {
  /** Largest request head; a larger one gets 431. Default: `32KiB`. */
  readonly maxHead?: string | number;
  /** Most headers in a request; more get 431. Default: `100`. */
  readonly maxFields?: string | number;
  /** Longest request target; a longer one gets 414. Default: `8KiB`. */
  readonly maxTarget?: string | number;
  /** Most client connections. Default: `10000`. */
  readonly maxConnections?: Count;
  /** Most connections from one client address (IPv6: /64). Trusted proxies have no limit; this machine has none unless this is given. Default: `256`. */
  readonly maxConnectionsPerClient?: Count;
  /** Time for a whole request head, from its first byte; then 408. Default: `15s`. */
  readonly headerTimeout?: Duration;
  /** Time until the next request on a client connection. Default: `75s`. */
  readonly idleTimeout?: Duration;
  /** Bytes of request content a client must send each second once `minUploadGrace` is used up; else 408. Default: `256`. */
  readonly minUploadRate?: Size;
  /** How long request content may be slower than `minUploadRate`. Default: `30s`. */
  readonly minUploadGrace?: Duration;
  /** Largest response head from the origin; a larger one gets 502. Default: `64KiB`. */
  readonly maxResponseHead?: string | number;
  /** Most headers in a response from the origin; more get 502. Default: `200`. */
  readonly maxResponseFields?: string | number;
  /** Most upgraded connections (WebSocket) to an upstream; one more gets 503. Default: `10000`. */
  readonly maxTunnels?: Count;
}

/** The access log. */
export interface Log {
  /** A file, in place of standard output. */
  readonly file?: Path;
  /** Its format. Default: `combined`. */
  readonly format?: "common" | "combined" | "json" | "off";
  /** A header for the id of a request: the origin and the client get it, a trusted proxy's is kept. */
  readonly requestId?: string;
  /** Headers of requests that are logged too. */
  readonly fields?: HeaderName | readonly HeaderName[];
  /** Paths of requests that are not logged. */
  readonly skip?: string | readonly string[];
  /** Log only this share of requests, and every error and slow request. */
  readonly sample?: Percent | LogSample;
}

/** A share: `20%`. */
export type Percent = string;

/** Of how many requests there is a line. */
export interface LogSample {
  /** The share of requests, such as `5%`. */
  readonly rate: Percent;
  /** A request that takes this long is logged in any case. Default: `1s`. */
  readonly slow?: Duration;
}

/** The admin listener: live page, metrics, explain, purge, reload. */
export interface AdminOptions {
  /** Where it listens. */
  readonly listen: Address;
  /** What clients must send as Authorization: Bearer. */
  readonly token?: Secret;
  /** Names that it is reached by. */
  readonly hosts?: string | readonly string[];
}

/** A page while a file exists; `off` for none. */
export type Maintenance = "off" | MaintenanceOptions;

/** While a file exists, requests get a page in place of everything else. */
export interface MaintenanceOptions {
  /** The file that switches it on. */
  readonly when: Path;
  /** The page. */
  readonly page?: Path;
  /** Its status. Default: `503`. */
  readonly status?: number;
  /** Retry-After. */
  readonly retryAfter?: Duration;
  /** Client addresses that are served as usual. */
  readonly except?: Cidr | readonly Cidr[];
}

/** `off`, a duration (the `ttl`), or options. */
export type ProcessCache = "off" | Duration | ProcessCacheOptions;

/** The cache of the whole process, and defaults for all routes. */
export interface ProcessCacheOptions {
  /** Memory for the cache; 0 or off turns it off. Default: `256MiB`. */
  readonly memory?: string | number;
  /** Largest response content to store in memory. Default: `8MiB`. */
  readonly maxObject?: string | number;
  /** The size of the slices that content larger than `maxObject` is kept in, and that ranges are fetched in; off: such content is not stored. Default: `off`. */
  readonly slice?: string | number;
  /** A cache on disk. */
  readonly disk?: Disk;
  /** A cache that several machines share. */
  readonly shared?: SharedCache;
  /** Lifetime of responses that do not give one; off: 10% of the time since Last-Modified, at most `heuristicMax`. Default: `off`. */
  readonly ttl?: Duration;
  /** Lifetime in place of the origin's; never over `private`, Set-Cookie or Authorization. Default: `off`. */
  readonly force?: Duration;
  /** How long after that a response may be served while it is fetched again, or when the origin fails, where the origin gives no such time. Default: `off`. */
  readonly stale?: Duration;
  /** Longest lifetime to derive from Last-Modified; off: derive none. Default: `60s`. */
  readonly heuristicMax?: Duration;
  /** Extra parts of the cache key: `header:NAME` or `cookie:NAME`. */
  readonly key?: KeyPart | readonly KeyPart[];
  /** The part of the query in the key: all, none, all in order, or a list of the parameters that count. Default: `keep`. */
  readonly query?: "keep" | "ignore" | "sort" | readonly string[];
  /** Whether `Cache-Status` is sent; `full`: with the cache key. Default: `on`. */
  readonly status?: "on" | "off" | "full";
  /** A response header with directives for this cache only (RFC 9213), read before CDN-Cache-Control and Cache-Control. */
  readonly targetedField?: string;
  /** Responses with Set-Cookie: do not store them, store them without the cookie, or with it (every client gets it). Default: `refuse`. */
  readonly setCookie?: "refuse" | "strip" | "store";
  /** Whether clients get Cache-Tag and Surrogate-Key. Default: `false`. */
  readonly tags?: boolean;
  /** Client addresses that may use PURGE. Default: `127.0.0.0/8,::1`. */
  readonly purgeFrom?: "off" | Cidr | readonly Cidr[];
}

/** A cache on disk, behind the one in memory. */
export interface Disk {
  /** Its folder. */
  readonly path: Path;
  /** What it may hold in all, at least 64MiB. */
  readonly size: string | number;
  /** Largest response content to store. Default: `1GiB`. */
  readonly maxObject?: string | number;
  /** At which request a response is stored. Default: `2`. */
  readonly admit?: string | number;
}

/** A cache that several machines share. */
export interface SharedCache {
  /** Where it is: `redis://host:6379`, `rediss://` for TLS, `unix:///path` for a socket; with `user:password@` if it wants that. */
  readonly url: string;
  /** What its keys begin with. */
  readonly prefix?: string;
  /** How long it may take to answer. Default: `20ms`. */
  readonly timeout?: Duration;
  /** Whom to trust over TLS, and what to show. */
  readonly tls?: SharedCacheTls;
}

/** TLS to the shared cache. */
export interface SharedCacheTls {
  /** Certificates to trust in place of the system's, in PEM. */
  readonly ca?: Path | readonly Path[];
  /** The name that its certificate must have. */
  readonly name?: string;
  /** A client certificate, in PEM. */
  readonly cert?: Path;
  /** Its private key, in PEM. */
  readonly key?: Path;
}

/** A part of the cache key: `header:NAME` or `cookie:NAME`. */
export type KeyPart = string;

/** Headers by name: text sets one, `null` removes it, `+name` adds one. */
export type HeaderRules = { readonly [name: string]: HeaderValue | null };

/** The value of a header: text, in which `{scheme} {host} {port} {uri} {path} {query} {client} {method} {id}` stand for values of the request. */
export type HeaderValue = string;

/** Which other origins' pages may read responses. */
export interface CorsOptions {
  /** The origins: `https://app.example`, `https://*.app.example` or `*`. */
  readonly origins: string | readonly string[];
  /** Methods beyond GET, HEAD and POST. */
  readonly methods?: string | readonly string[];
  /** Request headers that pages may send. */
  readonly headers?: HeaderName | readonly HeaderName[];
  /** Whether cookies go along. Default: `false`. */
  readonly credentials?: boolean;
  /** How long browsers remember the answer. */
  readonly maxAge?: Duration;
}

/** `off`, a list of codings, or options. */
export type Compress = "off" | readonly CodingName[] | CompressOptions;

/** A content coding: `gzip` or `br`. */
export type CodingName = string;

/** What is compressed, and how. */
export interface CompressOptions {
  /** Content codings, in order of preference. Default: `gzip,br`. */
  readonly codings?: CodingName | readonly CodingName[];
  /** Smallest content to compress. Default: `1KiB`. */
  readonly min?: Size;
  /** Media types to compress instead of the usual text types; `text/` means every text type. */
  readonly types?: string | readonly string[];
}

/** A duration (of `response`), `off` for none of them, or options. */
export type Timeout = Duration | Timeouts;

/** How long each step of a request may take. */
export interface Timeouts {
  /** To open a connection to the origin; then 504. Default: `3s`. */
  readonly connect?: Duration;
  /** From the end of a request to the response head; then 504. Default: `60s`. */
  readonly response?: Duration;
  /** For all tries together, waits for a connection included, until the response head; then 504. Default: `off`. */
  readonly total?: Duration;
  /** Until the next bytes of response content; event streams may pause without limit. Default: `60s`. */
  readonly read?: Duration;
  /** For a peer to accept the bytes written to it. Default: `60s`. */
  readonly write?: Duration;
  /** Until the next bytes of request content; then 408. Default: `60s`. */
  readonly body?: Duration;
  /** Until the next bytes in either direction of an upgraded connection. Default: `1h`. */
  readonly tunnel?: Duration;
}

/** One limit or several; `off` for none. */
export type Limit = "off" | LimitOptions | readonly LimitOptions[];

/** How many requests are let through. */
export interface LimitOptions {
  /** Requests in a time: `10/s`, `600/m`. */
  readonly rate?: Rate;
  /** How many may come at once; without it, one second's worth. */
  readonly burst?: string | number;
  /** What is counted apart: `client` (IPv6: /64), `header:NAME`, `cookie:NAME`, `user`, or `all` together. Default: `client`. */
  readonly by?: string;
  /** Requests in flight at the same time. */
  readonly concurrent?: string | number;
  /** Requests that wait when `concurrent` are in flight. */
  readonly queue?: string | number;
  /** How long they wait. */
  readonly queueTimeout?: Duration;
  /** The status of a refusal. Default: `429`. */
  readonly status?: number;
  /** Log and count, but do not refuse. Default: `false`. */
  readonly dryRun?: boolean;
  /** Count across machines, through `cache.shared`. Default: `false`. */
  readonly shared?: boolean;
}

/** A rate: `10/s`, `600/m`, `1000/h`, `5/d`. */
export type Rate = string;

/** Authentication; `off` for none. */
export type Auth = "off" | AuthOptions;

/** Who a client must be: exactly one of `basic`, `forward`, `jwt`. */
export interface AuthOptions {
  /** A file of users, as htpasswd makes it. */
  readonly basic?: Path;
  /** Whether the origin gets Authorization. Default: `false`. */
  readonly pass?: boolean;
  /** A service that is asked about each request. */
  readonly forward?: HttpUrl;
  /** Headers of its answer that the origin gets. */
  readonly copy?: string | readonly string[];
  /** How long it may take. Default: `5s`. */
  readonly timeout?: Duration;
  /** Signed tokens. */
  readonly jwt?: Jwt;
}

/** An http or https URL. */
export type HttpUrl = string;

/** Signed tokens (RFC 7519) in Authorization: Bearer. */
export interface Jwt {
  /** The keys: a URL, or a file. */
  readonly jwks: string;
  /** Who must have issued it. */
  readonly issuer?: string;
  /** For whom it must be. */
  readonly audience?: string | readonly string[];
  /** Accepted algorithms. Default: `RS256, ES256, EdDSA`. */
  readonly algorithms?: "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA" | readonly ("RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA")[];
  /** How far clocks may differ. Default: `60s`. */
  readonly skew?: Duration;
  /** Claims that the origin gets, by header. */
  readonly forward?: { readonly [name: string]: string };
}

/** Pages by status (`404`) or class (`5xx`), for errors of sluice's own. */
export interface ErrorPages {
  /** A file or folder; a relative path is relative to the configuration file. */
  readonly [status: `${number}` | `${number}xx`]: Path;
  /** Whether they replace the origin's errors too. Default: `false`. */
  readonly intercept?: boolean;
}

/** Servers that answer the same requests. */
export interface Upstream {
  /** The servers: URLs, or objects with options. */
  readonly servers: ServerUrl | Server | readonly (ServerUrl | Server)[];
  /** How a server is chosen. Default: `least-requests`. */
  readonly balance?: "least-requests" | "round-robin" | "hash";
  /** What is hashed: `client`, `uri`, `header:NAME` or `cookie:NAME`. */
  readonly hashBy?: string;
  /** A cookie that brings a client back to its server. */
  readonly sticky?: Sticky;
  /** Probes that tell whether a server answers. Default: `off`. */
  readonly health?: "off" | Health;
  /** When a server that fails is put out. */
  readonly eject?: "off" | Eject;
  /** When a request is tried once more. */
  readonly retry?: "off" | Retry;
  /** Bounds of the connections to one server. */
  readonly connections?: Connections;
  /** How long a server that comes back gets fewer requests. Default: `off`. */
  readonly slowStart?: Duration;
  /** Another upstream that gets copies. */
  readonly mirror?: Mirror;
  /** Send a PROXY protocol header on each connection. Default: `false`. */
  readonly proxyProtocol?: boolean;
  /** TLS to the servers. */
  readonly tls?: UpstreamTls;
  /** How long an idle connection is kept. Default: `30s`. */
  readonly keepAlive?: Duration;
  /** The Host header that the servers get. Default: `client`. */
  readonly host?: HostHeader;
}

/** Where a server is: `http://host:port`, `https://host:port` or `unix:/path`. */
export type ServerUrl = string;

/** One server of an upstream. */
export interface Server {
  /** Where it is. */
  readonly url: ServerUrl;
  /** Its share of requests beside the others'. Default: `1`. */
  readonly weight?: number;
  /** Its share of all requests, such as `5%`. */
  readonly percent?: Percent;
  /** Whether it serves only when no other can. Default: `false`. */
  readonly backup?: boolean;
  /** Whether it gets no new requests. Default: `false`. */
  readonly drain?: boolean;
  /** Requests that go to this server. */
  readonly when?: When;
}

/** Conditions on a request, all of which must hold. */
export interface When {
  /** Its method, or a list of them. */
  readonly method?: string | readonly string[];
  /** Its headers. */
  readonly header?: { readonly [name: string]: Condition };
  /** The parameters of its query. */
  readonly query?: { readonly [name: string]: Condition };
  /** Its cookies. A name may end with `*`. */
  readonly cookie?: { readonly [name: string]: Condition };
  /** Addresses of the client. */
  readonly client?: Cidr | readonly Cidr[];
}

/** A value that must be there: text, which may end with `*`; a list, of which one must hold; `true` if any value will do. */
export type Condition = string | readonly string[] | true;

/** A cookie that brings a client back to its server. */
export interface Sticky {
  /** Its name. */
  readonly cookie: string;
  /** How long browsers keep it; without it, until they close. */
  readonly ttl?: Duration;
  /** What signs it; the same on all machines. */
  readonly secret?: Secret;
}

/** Probes that tell whether a server answers. */
export interface Health {
  /** What is asked for. Default: `/`. */
  readonly path?: string;
  /** How often; `off` for no probes. Default: `5s`. */
  readonly every?: Duration;
  /** How long an answer may take. Default: `2s`. */
  readonly timeout?: Duration;
  /** Failures in a row that put a server out. Default: `3`. */
  readonly fall?: string | number;
  /** Successes in a row that bring it back. Default: `2`. */
  readonly rise?: string | number;
  /** Statuses that are good: `200`, `2xx`, `2xx-3xx`, or a list. Default: `2xx-3xx`. */
  readonly status?: string | number | readonly (string | number)[];
  /** The Host header of the probe. */
  readonly host?: HostHeader;
  /** Headers of the probe. */
  readonly headers?: { readonly [name: string]: string };
  /** Text that the answer must hold. */
  readonly body?: string;
}

/** The Host header for the origin: `client` (as received), `upstream` (the server's own), or a name. */
export type HostHeader = string;

/** When a server that fails is put out for a while. */
export interface Eject {
  /** Failures in a row. Default: `5`. */
  readonly failures?: string | number;
  /** For how long at first; it doubles each time. Default: `10s`. */
  readonly for?: Duration;
  /** For how long at most. Default: `5m`. */
  readonly max?: Duration;
}

/** When a request is tried once more. */
export interface Retry {
  /** Further tries. Default: `1`. */
  readonly tries?: string | number;
  /** For how long a refused connection is tried again. Default: `0`. */
  readonly for?: Duration | 0;
  /** What is tried again: `connect`, `reset`, `timeout`, or a status of the origin. Default: `connect, reset, timeout`. */
  readonly on?: readonly (string | number)[];
  /** The share of requests that may be tried again, in 10 s. Default: `20%`. */
  readonly budget?: Percent;
}

/** Bounds of the connections to one server. */
export interface Connections {
  /** Most connections. Default: `512`. */
  readonly max?: string | number;
  /** Most idle connections to keep. Default: `64`. */
  readonly idle?: string | number;
  /** Most requests that wait for a connection; one more gets 503. Default: `1024`. */
  readonly queue?: string | number;
  /** How long a request may wait for one; then 503. Default: `5s`. */
  readonly queueTimeout?: Duration;
}

/** Copies of requests, whose answers nobody waits for. */
export interface Mirror {
  /** The upstream or URL. */
  readonly to: string;
  /** The share of requests that is copied. Default: `100%`. */
  readonly percent?: Percent;
}

/** TLS to the servers. */
export interface UpstreamTls {
  /** Certificates to trust besides the system's, in PEM. */
  readonly ca?: Path | readonly Path[];
  /** The name that the servers' certificates must have. */
  readonly name?: string;
  /** A client certificate, in PEM. */
  readonly cert?: Path;
  /** Its private key, in PEM. */
  readonly key?: Path;
  /** Do not verify certificates. Default: `false`. */
  readonly insecure?: boolean;
}

/** A host: its paths (keys that begin with `/`), or one handler for all of it; and options. */
export interface Host {
  /** A route, or a list of routes of which the first whose `when` holds applies. */
  readonly [path: `/${string}`]: Routes;
  /** Conditions on the request, for a host without paths. */
  readonly when?: When;
  /** Pass requests on to an upstream. */
  readonly proxy?: ProxyTarget | readonly ServerUrl[] | Upstream;
  /** Serve files of a folder. */
  readonly files?: Path | FilesOptions;
  /** Redirect. */
  readonly redirect?: RedirectTarget | RedirectOptions;
  /** Respond at once. */
  readonly respond?: number | Respond;
  /** The target that the handler gets. */
  readonly rewrite?: Rewrite;
  /** The Host header for the origin. Default: `client`. */
  readonly host?: HostHeader;
  /** What a folder is answered with. Default: `index.html`. */
  readonly index?: string | readonly string[];
  /** What is served when there is no such file: a path below the root, or a list, in which `{path}` stands for what was asked for. */
  readonly fallback?: string | readonly string[];
  /** Whether folders without index are listed. Default: `false`. */
  readonly browse?: boolean;
  /** Which neighbours are served in place of a file: `a.js.br`, `a.js.gz`; or `false`. Default: `br, gzip`. */
  readonly precompressed?: false | readonly ("br" | "gzip")[];
  /** Whether files whose names begin with a dot are served; `.well-known` always is. Default: `false`. */
  readonly dotfiles?: boolean;
  /** Media types by extension. */
  readonly types?: { readonly [name: string]: string };
  /** What is stored, and for how long. */
  readonly cache?: Cache;
  /** Headers of responses to clients. */
  readonly headers?: HeaderRules;
  /** Headers of requests to the origin. */
  readonly requestHeaders?: HeaderRules;
  /** The usual security headers, each unless the origin set it. Default: `false`. */
  readonly security?: boolean;
  /** Which other origins' pages may read responses. */
  readonly cors?: "off" | CorsOptions;
  /** Send `Server-Timing`: what a response has waited for. Default: `false`. */
  readonly serverTiming?: boolean;
  /** Compression. */
  readonly compress?: Compress;
  /** Largest request content; more gets 413. Default: `off`. */
  readonly body?: Size;
  /** How long each step may take. */
  readonly timeout?: Timeout;
  /** How many requests are let through. */
  readonly limit?: Limit;
  /** Only these client addresses; `off` for all. */
  readonly allow?: "off" | Cidr | readonly Cidr[];
  /** Not these client addresses; checked before `allow`. */
  readonly deny?: "off" | Cidr | readonly Cidr[];
  /** Authentication. */
  readonly auth?: Auth;
  /** Whether both addresses and authentication must hold, or one of them. Default: `all`. */
  readonly satisfy?: "all" | "any";
  /** Pages for errors. */
  readonly errors?: "off" | ErrorPages;
  /** Send `Forwarded` (RFC 7239) too. Default: `false`. */
  readonly forwarded?: boolean;
  /** A page in place of everything while a file exists. */
  readonly maintenance?: Maintenance;
  /** Certificates of this host. */
  readonly tls?: Tls;
}

/** The name of an upstream, a URL, or `unix:/path`. */
export type ProxyTarget = string;

/** Files of a folder. */
export interface FilesOptions {
  /** The folder. */
  readonly root: Path;
  /** What a folder is answered with. Default: `index.html`. */
  readonly index?: string | readonly string[];
  /** What is served when there is no such file: a path below the root, or a list, in which `{path}` stands for what was asked for. */
  readonly fallback?: string | readonly string[];
  /** Whether folders without index are listed. Default: `false`. */
  readonly browse?: boolean;
  /** Which neighbours are served in place of a file: `a.js.br`, `a.js.gz`; or `false`. Default: `br, gzip`. */
  readonly precompressed?: false | readonly ("br" | "gzip")[];
  /** Whether files whose names begin with a dot are served; `.well-known` always is. Default: `false`. */
  readonly dotfiles?: boolean;
  /** Media types by extension. */
  readonly types?: { readonly [name: string]: string };
}

/** Where a redirect leads: a path or a URL, in which `{uri}`, `{path}` and so on stand for values of the request. */
export type RedirectTarget = string;

/** A redirect. */
export interface RedirectOptions {
  /** Where it leads. */
  readonly to: RedirectTarget;
  /** Its status. Default: `308`. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
}

/** A response of sluice's own. */
export interface Respond {
  /** Its status. Default: `200`. */
  readonly status?: number;
  /** Its body: text, in which `{path}` and so on stand for values of the request. */
  readonly body?: string;
  /** Its media type. Default: `text/plain; charset=utf-8`. */
  readonly type?: string;
  /** More headers. */
  readonly headers?: { readonly [name: string]: HeaderValue };
}

/** The target that the handler gets: `strip` and `prepend`, or `match` and `to`. */
export interface Rewrite {
  /** A prefix to take away. */
  readonly strip?: string;
  /** A prefix to put before. */
  readonly prepend?: string;
  /** A regular expression for the path. */
  readonly match?: string;
  /** What takes the place of the match; `$1` stands for its first group. */
  readonly to?: string;
}

/** `off`, a duration (the `ttl`), or options. */
export type Cache = "off" | Duration | CacheOptions;

/** What is stored, for how long, and what it is found by. */
export interface CacheOptions {
  /** Lifetime of responses that do not give one; off: 10% of the time since Last-Modified, at most `heuristicMax`. Default: `off`. */
  readonly ttl?: Duration;
  /** Lifetime in place of the origin's; never over `private`, Set-Cookie or Authorization. Default: `off`. */
  readonly force?: Duration;
  /** How long after that a response may be served while it is fetched again, or when the origin fails, where the origin gives no such time. Default: `off`. */
  readonly stale?: Duration;
  /** Longest lifetime to derive from Last-Modified; off: derive none. Default: `60s`. */
  readonly heuristicMax?: Duration;
  /** Extra parts of the cache key: `header:NAME` or `cookie:NAME`. */
  readonly key?: KeyPart | readonly KeyPart[];
  /** The part of the query in the key: all, none, all in order, or a list of the parameters that count. Default: `keep`. */
  readonly query?: "keep" | "ignore" | "sort" | readonly string[];
  /** Whether `Cache-Status` is sent; `full`: with the cache key. Default: `on`. */
  readonly status?: "on" | "off" | "full";
  /** A response header with directives for this cache only (RFC 9213), read before CDN-Cache-Control and Cache-Control. */
  readonly targetedField?: string;
  /** Responses with Set-Cookie: do not store them, store them without the cookie, or with it (every client gets it). Default: `refuse`. */
  readonly setCookie?: "refuse" | "strip" | "store";
  /** Whether clients get Cache-Tag and Surrogate-Key. Default: `false`. */
  readonly tags?: boolean;
  /** Client addresses that may use PURGE. Default: `127.0.0.0/8,::1`. */
  readonly purgeFrom?: "off" | Cidr | readonly Cidr[];
}

/** A route, or a list of routes of which the first whose `when` holds applies. */
export type Routes = Route | readonly Route[];

/** What is done with the requests of a path: exactly one of `proxy`, `files`, `redirect`, `respond`, and options. */
export interface Route {
  /** Conditions on the request. */
  readonly when?: When;
  /** Pass requests on to an upstream. */
  readonly proxy?: ProxyTarget | readonly ServerUrl[] | Upstream;
  /** Serve files of a folder. */
  readonly files?: Path | FilesOptions;
  /** Redirect. */
  readonly redirect?: RedirectTarget | RedirectOptions;
  /** Respond at once. */
  readonly respond?: number | Respond;
  /** The target that the handler gets. */
  readonly rewrite?: Rewrite;
  /** The Host header for the origin. Default: `client`. */
  readonly host?: HostHeader;
  /** What a folder is answered with. Default: `index.html`. */
  readonly index?: string | readonly string[];
  /** What is served when there is no such file: a path below the root, or a list, in which `{path}` stands for what was asked for. */
  readonly fallback?: string | readonly string[];
  /** Whether folders without index are listed. Default: `false`. */
  readonly browse?: boolean;
  /** Which neighbours are served in place of a file: `a.js.br`, `a.js.gz`; or `false`. Default: `br, gzip`. */
  readonly precompressed?: false | readonly ("br" | "gzip")[];
  /** Whether files whose names begin with a dot are served; `.well-known` always is. Default: `false`. */
  readonly dotfiles?: boolean;
  /** Media types by extension. */
  readonly types?: { readonly [name: string]: string };
  /** What is stored, and for how long. */
  readonly cache?: Cache;
  /** Headers of responses to clients. */
  readonly headers?: HeaderRules;
  /** Headers of requests to the origin. */
  readonly requestHeaders?: HeaderRules;
  /** The usual security headers, each unless the origin set it. Default: `false`. */
  readonly security?: boolean;
  /** Which other origins' pages may read responses. */
  readonly cors?: "off" | CorsOptions;
  /** Send `Server-Timing`: what a response has waited for. Default: `false`. */
  readonly serverTiming?: boolean;
  /** Compression. */
  readonly compress?: Compress;
  /** Largest request content; more gets 413. Default: `off`. */
  readonly body?: Size;
  /** How long each step may take. */
  readonly timeout?: Timeout;
  /** How many requests are let through. */
  readonly limit?: Limit;
  /** Only these client addresses; `off` for all. */
  readonly allow?: "off" | Cidr | readonly Cidr[];
  /** Not these client addresses; checked before `allow`. */
  readonly deny?: "off" | Cidr | readonly Cidr[];
  /** Authentication. */
  readonly auth?: Auth;
  /** Whether both addresses and authentication must hold, or one of them. Default: `all`. */
  readonly satisfy?: "all" | "any";
  /** Pages for errors. */
  readonly errors?: "off" | ErrorPages;
}
