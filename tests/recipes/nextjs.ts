/** Next.js, built and started: pages made anew behind the visitors, and what is never kept. */

import { type Recipe, until } from "./trial.ts";

const FILES = {
  "app/layout.js":
    "export default function Layout({ children }) { return <html><body>{children}</body></html> }",
  "app/page.js": `import Link from "next/link"; import Image from "next/image";
export const revalidate = 3;
export default function Page() {
  return <main><h1>made at {Date.now()}</h1><Link href="/me">me</Link>
    <Image src="/picture.png" width={256} height={256} alt="" /></main>
}`,
  "app/me/page.js": `import { cookies } from "next/headers";
export default async function Page() {
  return <p>you are {(await cookies()).get("who")?.value ?? "nobody"}</p>
}`,
  "app/slow/page.js":
    `import { Suspense } from "react"; export const dynamic = "force-dynamic";
async function Slow() { await new Promise((go) => setTimeout(go, 1500)); return <p>the slow part</p> }
export default function Page() { return <Suspense fallback={<p>waiting</p>}><Slow /></Suspense> }`,
  "app/api/me/route.js": `import { cookies } from "next/headers";
export async function GET() { return Response.json({ who: (await cookies()).get("who")?.value ?? null }) }`,
};
/** Makes a picture of 256 × 256: a smaller one would not be worth another format. */
const PICTURE = `const { crc32, deflateSync } = require("zlib");
const size = 256, raw = Buffer.alloc(size * (1 + size * 3));
for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) for (let c = 0; c < 3; c++)
  raw[y * (1 + size * 3) + 1 + x * 3 + c] = 128 + 100 * Math.sin(x / (9 + c)) * Math.cos(y / (7 + c)) + 20 * Math.random();
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data]), whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length); body.copy(whole, 4); whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
};
const head = Buffer.alloc(13); head.writeUInt32BE(size); head.writeUInt32BE(size, 4); head[8] = 8; head[9] = 2;
require("fs").writeFileSync("public/picture.png", Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"),
  chunk("IHDR", head), chunk("IDAT", deflateSync(raw)), chunk("IEND", Buffer.alloc(0))]));`;

/** See the module's comment. */
export const nextjs: Recipe = {
  name: "nextjs",
  programs: ["npm"],
  async try(trial): Promise<void> {
    await trial.write({ ...FILES, "package.json": "{}" });
    await Deno.mkdir(`${trial.folder}/public`);
    await trial.run("node", ["-e", PICTURE]);
    await trial.npm("next@16.4.6", "react@19.3.1", "react-dom@19.3.1");
    const env = { NEXT_TELEMETRY_DISABLED: "1" };
    const next = `${trial.folder}/node_modules/.bin/next`;
    await trial.run(next, ["build"], env);
    await trial.start(3000, next, ["start", "-H", "127.0.0.1"], env);
    await trial.sluice("nextjs/sluice.config.ts", "--listen", "127.0.0.1:0");
    const at = (
      path: string,
      headers: Record<string, string> = {},
    ): { path: string; host: string; headers: Record<string, string> } => ({
      path,
      host: "app.example",
      headers,
    });

    await trial.look(at("/"), 200, /fwd=uri-miss; stored/);
    const first = await trial.look(at("/"), 200, /hit; ttl=/);
    let isStaleSeen = false;
    await until("a newer page", async () => {
      const { text, header } = await trial.ask(at("/"));
      const status = header("cache-status") ?? "";
      isStaleSeen ||= /hit; ttl=-/.test(status);
      return madeAt(text) !== madeAt(first.text);
    });
    trial.expect(
      "  past its lifetime, until it is made anew",
      isStaleSeen ? "200  hit with a negative ttl" : "no stale hit",
      /^200/,
    );

    const rsc = { RSC: "1" };
    // Next.js says which _rsc belongs to the headers.
    const wrong = await trial.look(at("/?_rsc=1", rsc), 307, /fwd=uri-miss/);
    const { header, text } = await trial.look(
      at(wrong.header("location")!, rsc),
      200,
      /fwd=/,
      "GET its Location by the browser's router",
    );
    trial.expect(
      "  is not the page",
      header("content-type") ?? "",
      /x-component/,
    );
    if (text.includes("<html")) throw new Error("the router got a page");
    const page = await trial.look(at("/"), 200, /hit/, "GET / after it");
    if (!page.text.includes("<html")) throw new Error("a page got RSC");

    for (const who of ["ann", "bob"]) {
      const cookie = { cookie: `who=${who}` };
      const me = await trial.look(
        at("/me", cookie),
        200,
        /fwd=uri-miss; detail=/,
        `GET /me as ${who}`,
      );
      if (!me.text.includes(who)) throw new Error(`${who} saw another page`);
      const api = await trial.ask(at("/api/me", cookie));
      trial.expect(`GET /api/me as ${who}`, api.text, `{"who":"${who}"}`);
    }

    const script = /\/_next\/static\/[^"]+\.js/.exec(page.text)![0];
    await trial.ask(at(script));
    await trial.look(
      at(script),
      200,
      /hit; ttl=31[45]\d+/,
      "GET /_next/static/…js, again",
    );

    const image = "/_next/image?url=%2Fpicture.png&w=256&q=75";
    for (const accept of ["image/webp", "image/png"]) {
      await trial.ask(at(image, { accept }));
      const kept = await trial.look(
        at(image, { accept }),
        200,
        /hit/,
        `GET /_next/image as ${accept}, again`,
      );
      trial.expect("  its type", kept.header("content-type") ?? "", accept);
    }

    const slow = await trial.ask(at("/slow", { "accept-encoding": "gzip" }));
    const early = slow.pieces[0]![0];
    const late = slow.pieces.at(-1)![0];
    trial.expect(
      "GET /slow, compressed",
      `${slow.header("content-encoding")}, begins ${
        Math.round(late - early)
      } ms before its end`,
      /^gzip, begins 1[3-9]\d\d /,
    );
    await trial.look(
      { path: "/x", host: "www.app.example" },
      308,
      "",
      "GET www.app.example/x",
    );
  },
};

function madeAt(page: string): string {
  return /made at (?:<!-- -->)?(\d+)/.exec(page)![1]!;
}
