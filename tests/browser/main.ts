/**
 * A real browser loads a page through the proxy, encoded on the wire, twice: from
 * the origin and from memory, by plain HTTP and by TLS; then it looks at the live page.
 * `deno task test:browser`; skipped, with a word, where there is no Chromium.
 */

// deno-lint-ignore no-external-import -- the platform has nothing for certificates
import { createHash, X509Certificate } from "node:crypto";

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { CERTIFICATE_PEM } from "../support/certificate.ts";
import { Proxy, secured } from "../support/proxy.ts";
import { chromium } from "./chromium.ts";
import { testLivePage } from "./live_page.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--virtual-time-budget=5000",
  "--dump-dom",
];

/** What the page writes: that its script came, and how large it was on the wire. */
const SCRIPT = `const [page] = performance.getEntriesByType("navigation");
document.body.dataset.sizes = [page.encodedBodySize, page.decodedBodySize].join();
${"// a line of padding, as scripts have them\n".repeat(100)}`;
const PAGE = `<!doctype html><title>sluice</title><body><p>${
  "Grüße ".repeat(500)
}</p>
<script src="/script.js"></script></body>`;

function say(text: string): void {
  Deno.stdout.writeSync(bytesOf(`${text}\n`));
}

/** By this key the browser knows our certificate, which no authority of its own has signed. */
function keyHash(): string {
  const { publicKey } = new X509Certificate(CERTIFICATE_PEM);
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("base64");
}

async function load(command: string, url: string): Promise<string> {
  const profile = await Deno.makeTempDir();
  try {
    const { stdout } = await new Deno.Command(command, {
      args: [
        ...FLAGS,
        `--user-data-dir=${profile}`,
        `--ignore-certificate-errors-spki-list=${keyHash()}`,
        url,
      ],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(profile, { recursive: true });
  }
}

async function test(
  command: string,
  scheme: "http" | "https",
): Promise<void> {
  let count = 0;
  const bytes = new TextEncoder().encode(PAGE);
  const page = textOf(bytes, 0, bytes.length);
  await using origin = Origin.answering(({ startLine }) => {
    // Whether a browser asks for an icon, and when, is its own affair.
    if (!startLine.includes("favicon")) count++;
    const [content, type] = startLine.includes("script.js")
      ? [SCRIPT, "text/javascript"]
      : startLine.includes("favicon")
      ? ["", "image/png"]
      : [page, "text/html; charset=utf-8"];
    return ok(
      content!,
      `Content-Type: ${type}`,
      "Cache-Control: max-age=60",
    );
  });
  await using proxy = await Proxy.startWith(
    scheme === "https" ? secured : (config) => config,
    origin,
  );
  let countBefore = 0;
  for (const what of ["from the origin", "from memory"]) {
    countBefore = count;
    const url = `${scheme}://127.0.0.1:${proxy.port}/`;
    const dom = await load(command, url);
    assertMatch(dom, /Grüße Grüße/);
    const [, encoded, decoded] = /data-sizes="(\d+),(\d+)"/.exec(dom)!;
    assertEquals(Number(decoded), new TextEncoder().encode(PAGE).length);
    assert(Number(encoded) < Number(decoded) / 4, `${encoded} of ${decoded}`);
    say(
      `${scheme}, ${what}: ${encoded} bytes on the wire, ${decoded} in the page`,
    );
  }
  assertEquals(count, countBefore); // the second time, nobody asked the origin
}

const command = await chromium();
if (command === undefined) {
  say("skipped: no Chromium here (Debian: apt-get install chromium)");
} else {
  await test(command, "http");
  await test(command, "https");
  await testLivePage(command, 1, say);
  if (Deno.build.os === "linux") await testLivePage(command, 2, say);
}
