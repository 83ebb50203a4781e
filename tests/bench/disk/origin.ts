/** The origin of the benchmark: `/BYTES/NAME` has so many bytes; `/asked` tells how often it was asked for one. */

const [port] = Deno.args;
const contents = new Map<string, Uint8Array<ArrayBuffer>>();
let asked = 0;

function contentOf(bytes: string): Uint8Array<ArrayBuffer> {
  let content = contents.get(bytes);
  if (content === undefined) {
    content = new Uint8Array(Number(bytes)).fill(0x61);
    contents.set(bytes, content);
  }
  return content;
}

Deno.serve(
  { port: Number(port), hostname: "127.0.0.1", onListen: () => {} },
  ({ url }) => {
    const [, bytes] = new URL(url).pathname.split("/");
    if (bytes === "asked") return new Response(String(asked));
    asked++;
    return new Response(contentOf(bytes!), {
      headers: {
        "Cache-Control": "max-age=36000",
        "Content-Type": "application/octet-stream",
        "ETag": '"1"',
      },
    });
  },
);
