/** The programs to measure beside, in the order of the table; the first is the reference. */

import { CADDY } from "./caddy.ts";
import { HAPROXY } from "./haproxy.ts";
import { NGINX } from "./nginx.ts";
import type { Peer } from "./peer.ts";
import { VARNISH } from "./varnish.ts";

/** All that there is a configuration for. */
export const PEERS: readonly Peer[] = [NGINX, HAPROXY, VARNISH, CADDY];
