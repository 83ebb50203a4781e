/** What an `OriginProcess` runs. */

const port = Number(Deno.args[0]);
const encoder = new TextEncoder();
let mode = "ok";

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

Deno.serve(
  { hostname: "127.0.0.1", port, onListen: () => say("listening") },
  async (request) => {
    const { pathname } = new URL(request.url);
    const wanted = /^\/mode\/(\w+)$/.exec(pathname);
    if (wanted !== null) {
      mode = wanted[1]!;
      return new Response();
    }
    await request.body?.cancel();
    say(`${request.method} ${pathname}`);
    if (mode === "slow") {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return new Response(String(port), {
      status: /^\d+$/.test(mode) ? Number(mode) : 200,
      headers: { "Cache-Control": "no-store" },
    });
  },
);
