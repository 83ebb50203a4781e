/** A CGI server for one program: it streams in both directions. */

/** A running one. */
export type CgiServer = Deno.HttpServer;

/** Starts it; the program gets `env` and what CGI says of the request (RFC 3875). */
export function serveCgi(
  port: number,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): CgiServer {
  const options = { port, hostname: "127.0.0.1", onListen: (): void => {} };
  return Deno.serve(options, async (request) => {
    const { pathname, search } = new URL(request.url);
    const header = (name: string): string => request.headers.get(name) ?? "";
    const child = new Deno.Command(command, {
      args: [...args],
      env: {
        ...env,
        PATH_INFO: decodeURIComponent(pathname),
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: header("content-type"),
        CONTENT_LENGTH: header("content-length"),
        HTTP_CONTENT_ENCODING: header("content-encoding"),
        GIT_PROTOCOL: header("git-protocol"),
        REMOTE_ADDR: "127.0.0.1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const sent = request.body === null
      ? child.stdin.close()
      : request.body.pipeTo(child.stdin);
    sent.catch(() => {}); // it has read enough
    return await responseOf(child.stdout);
  });
}

/** What a program of CGI prints, as a response. */
async function responseOf(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Response> {
  const reader = stdout.getReader();
  let bytes = new Uint8Array();
  let end = -1;
  while (end < 0) {
    const { done, value } = await reader.read();
    if (done) return new Response("the program said nothing", { status: 502 });
    const longer = new Uint8Array(bytes.length + value.length);
    longer.set(bytes);
    longer.set(value, bytes.length);
    bytes = longer;
    end = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
  }
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, end));
  const headers = new Headers();
  let status = 200;
  for (const line of head.split("\r\n")) {
    const [, name, value] = /^([^:]+): *(.*)$/.exec(line)!;
    if (name === "Status") status = Number(value!.slice(0, 3));
    else headers.append(name!, value!);
  }
  const rest = bytes.subarray(end + 4);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(rest),
    async pull(controller): Promise<void> {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => reader.cancel(),
  });
  return new Response(body, { status, headers });
}
