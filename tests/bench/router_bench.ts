/** From a request's head to its route: one route, and 1,000 hosts with 20 paths each. */

import { assert } from "../support/assert.ts";
import { random } from "../support/random.ts";
import { LIMITS } from "../support/splits.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { compileRouter } from "../../lib/router/compile.ts";
import type { Router } from "../../lib/router/router.ts";
import { BROWSER_FIELDS } from "./messages.ts";

const HOSTS = 1000;
/** Requests that take turns, spread over hosts and paths. */
const ASKED = 1024;
/** With guards, so that ambiguous paths are looked at. */
const PATTERNS = [
  ...["/", "/login", "/assets/*", "/api/*", "/api/v1/*", "/api/v1/products/*"],
  ...["/api/v1/orders/*", "/api/v2/*", "/blog/*", "/blog/archive/*", "/search"],
  ...["/robots.txt", "/favicon.ico", "/admin/*", "/admin/users/*", "/healthz"],
  ...["/static/css/*", "/static/js/*", "/live", "/about"],
];
const MIXED = ["/*.php", "/users/*/avatar", "/users/*/posts/*", "/shop/*-sale"];
const CLIENT = "192.0.2.1";

function routerOf(hosts: number, patterns: readonly string[]): Router<number> {
  const guard = {};
  return compileRouter(
    Array.from({ length: hosts }, (_, host) => ({
      names: [`www.host-${host}.example`],
      routes: patterns.map((pattern, value) => ({
        pattern,
        value,
        guards: pattern.startsWith("/admin") ? [guard] : [],
      })),
    })),
  );
}

function parse(host: string, target: string): RequestHead {
  const lines = [["Host", host] as const, ...BROWSER_FIELDS];
  const section = lines.map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = bytesOf(`GET ${target} HTTP/1.1\r\n${section.join("")}\r\n`);
  const request = new RequestHead();
  request.begin(0, LIMITS);
  assert(request.parse(bytes, bytes.length));
  return request;
}

const chance = random(1);
const pick = (count: number): number => Math.floor(chance() * count);

function requestsFor(
  hosts: number,
  targets: readonly string[],
): RequestHead[] {
  return Array.from(
    { length: ASKED },
    () =>
      parse(
        `www.host-${pick(hosts)}.example`,
        targets[pick(targets.length)]!.replace("*", `item-${pick(1000)}.html`),
      ),
  );
}

const PLAIN = PATTERNS.map((pattern) => `${pattern}?page=2`);
const AMBIGUOUS = PLAIN.map((target) => target.replace("?", ";v=1%2F2?"));
const HOSTILE = ["../", "%2e%2e/", "%", ";", "%2F..", "//"].map((unit) =>
  `/${unit.repeat(8000 / unit.length)}`
);

let turn = 0;

function bench(
  name: string,
  router: Router<number>,
  requests: readonly RequestHead[],
): void {
  Deno.bench({ name, group: "route" }, () => {
    turn = (turn + 1) % ASKED;
    router.route(requests[turn]!, CLIENT);
  });
}

const one = compileRouter([{
  names: ["*"],
  routes: [{ pattern: "/", value: 0 }],
}]);
const many = routerOf(HOSTS, PATTERNS);
const mixed = routerOf(HOSTS, [...PATTERNS, ...MIXED]);

bench("one host, one route", one, requestsFor(1, PLAIN));
bench("one host, 20 paths", routerOf(1, PATTERNS), requestsFor(1, PLAIN));
bench("1,000 hosts, 20 paths each", many, requestsFor(HOSTS, PLAIN));
bench(
  "1,000 hosts, 24 paths each, 4 with * within",
  mixed,
  requestsFor(HOSTS, PLAIN),
);
bench("the same, ambiguous paths", mixed, requestsFor(HOSTS, AMBIGUOUS));
bench("the same, 8 KB of ../ % ;", mixed, requestsFor(HOSTS, HOSTILE));
