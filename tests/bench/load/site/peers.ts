/** The peers that can run a site. */

import type { SitePlace } from "../peers/peer.ts";
import { prepareCaddySite } from "./caddy.ts";
import { prepareNginxSite } from "./nginx.ts";

/** By name: writes the configuration, returns the command line. */
export const SITE_PEERS: Readonly<
  Record<string, (place: SitePlace) => string[]>
> = { nginx: prepareNginxSite, caddy: prepareCaddySite };
