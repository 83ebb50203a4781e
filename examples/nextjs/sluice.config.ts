// Next.js (`next start` at port 3000): its own Cache-Control rules, so that pages
// with `revalidate` are served while they are made anew.
import type { Config } from "sluice";

const next = "http://127.0.0.1:3000";

export default {
  listen: ":80",
  workers: "auto",
  cache: { memory: "512MiB", stale: "1d" },
  hosts: {
    "app.example": {
      // Pages differ for the router of the browser, which asks with these headers.
      "/": {
        proxy: next,
        cache: {
          key: [
            "header:RSC",
            "header:Next-Router-State-Tree",
            "header:Next-Router-Prefetch",
          ],
        },
      },
      "/_next/static/*": { proxy: next, cache: { force: "1y" } },
      "/_next/image": {
        proxy: next,
        cache: { ttl: "1h", key: "header:Accept" },
        timeout: "30s",
      },
      // Development and streams are never kept.
      "/_next/webpack-hmr": {
        proxy: next,
        cache: "off",
        timeout: { tunnel: "12h" },
      },
      "/api/*": { proxy: next, cache: "off" },
    },
    "www.app.example": { redirect: "https://app.example{uri}" },
  },
} satisfies Config;
