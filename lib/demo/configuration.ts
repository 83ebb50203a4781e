/** The configuration that the demo runs by, as a user would write it. */

/** Where the demo listens, and where its origins do. */
export interface DemoAddresses {
  /** One or more, as in a file. */
  readonly listen: readonly string[];
  readonly admin: string;
  readonly guide: string;
  readonly shop: string;
  readonly orders: string;
}

/** The name of the file. */
export const FILE_NAME = "sluice.json";

/** The text of the file. Its relative paths are those of `folder.ts`. */
export function configurationText(
  { listen, admin, guide, shop, orders }: DemoAddresses,
): string {
  const listenText = JSON.stringify(listen.length === 1 ? listen[0] : listen);
  return `// What "sluice --demo" runs by: a configuration file like any other.
// Change it while the demo runs. It is read again within a few seconds.
{
  "listen": ${listenText},

  // The live page, and what commands ask: for this machine only.
  "admin": { "listen": "${admin}" },

  "upstreams": {
    "guide": { "servers": ["${guide}"] },
    "shop": { "servers": ["${shop}"] },
    "orders": { "servers": ["${orders}"] }
  },
  "hosts": {
    // A proxy with a cache. The shop does not say how long its pages are fresh: this does.
    "shop.localhost": {
      "cache": { "ttl": "5s", "stale": "30s", "query": ["page"] },
      "security": true, // the usual security headers
      "headers": { "X-Powered-By": null },
      "/": { "proxy": "shop" },
      "/basket": { "proxy": "shop", "cache": "off" }
    },

    // Files of a folder, with a list of what is in it.
    "static.localhost": {
      "files": { "root": "files", "browse": true },
      "headers": { "Cache-Control": "max-age=60" }
    },

    // An old name.
    "old.localhost": { "redirect": "http://shop.localhost:{port}{uri}" },

    // An API: each path has rules of its own, errors have one page.
    "api.localhost": {
      "cache": "off",
      "errors": { "5xx": "errors/sorry.json" },
      "/hello": { "respond": { "body": "Hello {client}, this is {host}.\\n" } },
      "/office": { "allow": "10.0.0.0/8", "respond": { "body": "Come in.\\n" } },
      "/guess": { "limit": { "rate": "2/m", "burst": 2 }, "respond": 204 },
      "/v1/*": [
        // The server knows nothing of /v1.
        {
          "when": { "method": ["GET", "HEAD"] },
          "proxy": "orders",
          "rewrite": { "strip": "/v1" }
        },
        { "respond": { "status": 405, "headers": { "Allow": "GET, HEAD" } } }
      ],
      "/v1/report": {
        "proxy": "orders",
        "rewrite": { "strip": "/v1" },
        "timeout": "1s"
      }
    },

    // Every other name: the page that explains all this.
    "*": { "proxy": "guide" }
  }
}
`;
}
