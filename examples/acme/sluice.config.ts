// sluice.config.ts: plain data; the same object is valid as sluice.json (JSON with comments)
import type { Config } from "sluice";

const office = ["10.0.0.0/8", "203.0.113.7"];

export default {
  listen: { http: ":80", https: ":443" }, // http redirects to https
  tls: { certificates: "/etc/ssl/acme/*.pem", hsts: "1y" }, // chosen by name, read again when they change
  workers: "auto",
  trustedProxies: ["10.0.0.0/8"],
  cache: { memory: "1GiB", maxObject: "32MiB" },
  log: {
    file: "/var/log/sluice/access.log",
    format: "json",
    requestId: "X-Request-Id",
  },
  admin: { listen: "127.0.0.1:2020" }, // live page, /metrics, /explain, /reload, purge

  upstreams: {
    api: {
      servers: ["http://10.0.0.11:3000", {
        url: "http://10.0.0.12:3000",
        weight: 2,
      }],
      balance: "least-requests",
      health: { path: "/healthz", every: "5s" },
    },
  },

  hosts: {
    "www.acme.example": { redirect: "https://acme.example{uri}" },

    "acme.example": {
      "/": { files: { root: "/srv/www", fallback: "/index.html" } },
      "/assets/*": {
        files: "/srv/www",
        headers: { "Cache-Control": "public, max-age=31536000, immutable" },
      },
      "/blog/*": {
        redirect: { to: "https://blog.acme.example{path}", status: 302 },
      },
      errors: { 404: "/srv/errors/404.html", "5xx": "/srv/errors/sorry.html" },
    },

    "api.acme.example": {
      "/": { proxy: "api", cache: "off", body: "10MiB" },
      "/v1/products/*": {
        proxy: "api",
        cache: { ttl: "30s", stale: "10m", key: ["header:Accept-Language"] },
      },
      "/login": [
        {
          when: { method: "POST" },
          proxy: "api",
          cache: "off",
          limit: { rate: "10/m", burst: 5, by: "client" },
        },
        { proxy: "api" },
      ],
      "/live": { proxy: "api", timeout: { tunnel: "12h" } },
    },

    "admin.acme.example": {
      allow: office,
      auth: { basic: "/etc/sluice/admin.htpasswd" },
      "/": { proxy: "unix:/run/admin.sock", cache: "off" },
    },

    "*": { respond: 421 },
  },

  maintenance: {
    when: "/etc/sluice/maintenance",
    page: "/srv/errors/maintenance.html",
    except: office,
  },
} satisfies Config;
