/**
 * The fields in which proxies tell an origin about the request that they received: its
 * client, host, scheme and path (pure).
 *
 * Applications and frameworks believe these fields, so sluice accepts them only from
 * trusted proxies. It writes the common ones itself; other proxies, networks and
 * frameworks use the others for the same things.
 */

/** What a name says: only the client's address, or something that answers depend on. */
export type ForwardingKind = "address" | "request";

/** A name in lower case, or the beginning of names. */
export interface ForwardingName {
  readonly name: string;
  readonly kind: ForwardingKind;
  /** The software that writes or reads it. */
  readonly source: string;
}

/** Beginnings of names: every name that begins like this is included. */
export const FORWARDING_PREFIXES: readonly string[] = [
  "x-forwarded",
  "x-original-",
  "x-rewrite-",
];

/** Whole names, in addition to those that `field.ts` has one by one. */
export const FORWARDING_NAMES: readonly ForwardingName[] = [
  // Client
  ...named("address", "nginx, Apache, F5 and others", [
    "client-ip",
    "forwarded-for",
    "forwarded-for-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forward-for",
    "x-forwarder-for",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-real-port",
    "x-remote-addr",
    "x-remote-ip",
    "x-true-client-ip",
  ]),
  ...named("address", "Akamai, Cloudflare", ["true-client-ip"]),
  ...named("address", "Cloudflare", [
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-pseudo-ipv4",
  ]),
  ...named("address", "Fastly", ["fastly-client-ip"]),
  ...named("address", "Fly.io", ["fly-client-ip"]),
  ...named("address", "DigitalOcean", ["do-connecting-ip"]),
  ...named("address", "CloudFront", ["cloudfront-viewer-address"]),
  ...named("address", "App Engine", ["x-appengine-user-ip"]),
  ...named("address", "Azure", ["x-azure-clientip", "x-azure-socketip"]),
  ...named("address", "Imperva, Sucuri", [
    "incap-client-ip",
    "x-sucuri-clientip",
  ]),
  ...named("address", "Netlify, Vercel", [
    "x-nf-client-connection-ip",
    "x-vercel-forwarded-for",
    "x-vercel-proxied-for",
  ]),
  ...named("address", "WebLogic", ["proxy-client-ip", "wl-proxy-client-ip"]),
  ...named("address", "Envoy", ["x-envoy-external-address"]),
  // Host
  ...named("request", "Symfony, Drupal and others", [
    "forwarded-host",
    "x-backend-host",
    "x-client-host",
    "x-forward-host",
    "x-host",
    "x-host-override",
    "x-http-host-override",
    "x-proxy-host",
    "x-real-host",
  ]),
  ...named("request", "Envoy", ["x-envoy-original-host"]),
  // Scheme
  ...named("request", "Microsoft", ["front-end-https", "x-arr-ssl"]),
  ...named("request", "WSGI, Rack and others", [
    "forwarded-proto",
    "https",
    "x-forward-proto",
    "x-forward-scheme",
    "x-https",
    "x-scheme",
    "x-ssl",
    "x-url-scheme",
  ]),
  ...named("request", "CloudFront", ["cloudfront-forwarded-proto"]),
  ...named("request", "Fastly", ["fastly-ssl"]),
  ...named("request", "Cloudflare", ["cf-visitor"]),
  ...named("request", "WebLogic", ["wl-proxy-ssl"]),
  // User
  ...named("request", "CGI, WSGI and others", ["remote-user"]),
  // Path
  ...named("request", "NiFi", [
    "x-proxycontextpath",
    "x-proxyhost",
    "x-proxyport",
    "x-proxyscheme",
  ]),
  ...named("request", "WSGI", ["x-script-name"]),
  ...named("request", "Envoy", ["x-envoy-original-path"]),
  ...named("request", "Azure", ["x-waws-unencoded-url"]),
  ...named("request", "Traefik", ["x-replaced-path"]),
  ...named("request", "Home Assistant", ["x-ingress-path"]),
  ...named("request", "frameworks", [
    "x-http-destinationurl",
    "x-override-url",
  ]),
];

function named(
  kind: ForwardingKind,
  source: string,
  names: readonly string[],
): ForwardingName[] {
  return names.map((name) => ({ name, kind, source }));
}
