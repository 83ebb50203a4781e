/** What is said of one mistake, to the letter: what is accepted, and where. */

import { assertEquals } from "../../support/assert.ts";
import { linesOf } from "../../support/memory_disk.ts";

/** What is wrong with one value or name, in a file that is right otherwise. */
const VALUES: readonly [text: string, ...lines: readonly string[]][] = [
  // Neither of two types.
  [
    '"workers": true',
    "workers: expected a whole number from 1, or auto, not true",
  ],
  [
    '"body": null',
    "body: expected a size like 512, 16KiB, 10MB or off, not null",
  ],
  [
    '"limits": { "maxFields": 1e400 }',
    'limits.maxFields: "Infinity" is not a count: write a whole number, or off; did you mean off?',
  ],
  [
    '"cache": { "disk": { "path": "d" } }',
    "cache.disk.size: is missing: expected a size of at least 64MiB",
  ],
  [
    '"headers": { "X-A": 5 }',
    'headers["X-A"]: expected text, or null to remove it, not 5',
  ],
  // What is written in another way.
  [
    '"headers": { "-X-A": "" }',
    'headers["-X-A"]: "-X-A" is not the name of a header; to remove one, write "X-A": null',
  ],
  [
    '"requestHeaders": { "Host": "a" }',
    'requestHeaders.Host: sluice writes Host itself; see "host"',
  ],
  [
    '"log": { "requestId": "Content-Length" }',
    "log.requestId: sluice writes content-length itself",
  ],
  // A key of another form, and of another object.
  [
    '"listen": { "htp": ":80" }',
    "listen: is empty: expected http, https or both",
    "listen.htp: unknown; did you mean http?",
  ],
  [
    '"listen": { "adress": ":80" }',
    "listen.address: is missing: expected an address like :80",
    "listen.adress: unknown; did you mean address?",
  ],
  [
    '"proxy": "http://a"',
    'proxy: stands at a host or a route: write it below hosts["*"]',
  ],
  [
    '"hosts": { "a": { "limits": {}, "cache": { "memory": "1GiB" }, "/": { "respond": 200, "drain": "1s", "tls": {} } } }',
    "hosts.a.limits: stands at the top only",
    "hosts.a.cache.memory: stands at the top only",
    'hosts.a["/"].drain: stands at the top only',
    'hosts.a["/"].tls: stands at the top or at a host',
  ],
  // What stands for nothing, where there must be something.
  [
    '"upstreams": { "u": { "servers": "http://a", "sticky": { "cookie": "c", "secret": "${NOPE:-}" } } }',
    "upstreams.u.sticky.secret: is empty",
  ],
  // A replacement that does not go with what it replaces.
  [
    '"hosts": { "a": { "proxy": "http://a", "rewrite": { "match": "^/(.*)", "to": "/$2" } } }',
    'hosts.a.rewrite.to: Cannot rewrite to "/$2": there is no group $2; write $$ for $',
  ],
  [
    '"hosts": { "a": { "files": ".", "rewrite": { "match": "^/(.*)", "to": "x$1" } } }',
    'hosts.a.rewrite.to: Cannot rewrite to "x$1": a target begins with "/" and has no fragment, spaces or controls',
  ],
  // A variable that is not set is all that is said of its text.
  [
    '"requestHeaders": { "X-A": "${NOPE}" }',
    'requestHeaders["X-A"]: the environment variable NOPE is not set',
  ],
];

for (const [text, ...lines] of VALUES) {
  Deno.test(`one mistake: ${text.slice(0, 60)}`, async () => {
    const more = text.startsWith('"hosts"')
      ? ""
      : ', "hosts": { "*": { "respond": 200 } }';
    assertEquals(
      (await linesOf(`{ ${text}${more} }`)).map((line) =>
        line.replace(/^sluice\.json:\d+:\d+: /, "")
      ),
      lines,
    );
  });
}
