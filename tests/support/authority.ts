/** Authorities that speak ACME: pebble (Debian has it), and what stands in front of it. */

// deno-lint-ignore no-external-import -- the runtime's own client cannot send another Host
import { request as httpsRequest } from "node:https";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { freePort } from "./free_port.ts";

/** Whether there are the programs that are the authority (Debian: pebble). */
export async function hasPebble(): Promise<boolean> {
  try {
    await new Deno.Command("pebble", { args: ["-version"] }).output();
    await new Deno.Command("pebble-challtestsrv", { args: ["-h"] }).output();
    return true;
  } catch {
    return false;
  }
}

/** A running authority that looks for proofs on a port of ours. */
export class Authority implements AsyncDisposable {
  readonly directory: string;
  readonly ca: string;
  readonly #folder: string;
  readonly #children: readonly Deno.ChildProcess[];

  private constructor(
    port: number,
    ca: string,
    folder: string,
    children: readonly Deno.ChildProcess[],
  ) {
    this.directory = `https://127.0.0.1:${port}/dir`;
    this.ca = ca;
    this.#folder = folder;
    this.#children = children;
  }

  /**
   * @param httpPort Where it looks for proofs.
   * @param accounts The keys of accounts that it knows, by name; without, it takes everybody.
   */
  static async start(
    httpPort: number,
    accounts?: Readonly<Record<string, string>>,
  ): Promise<Authority> {
    const folder = await Deno.makeTempDir();
    const [port, management, dns, names] = [0, 0, 0, 0].map(() => freePort());
    const { cert, key } = await makeSelfSigned(Date.now());
    await Deno.writeTextFile(`${folder}/dir.crt`, cert);
    await Deno.writeTextFile(`${folder}/dir.key`, key);
    await Deno.writeTextFile(
      `${folder}/pebble.json`,
      JSON.stringify({
        pebble: {
          listenAddress: `127.0.0.1:${port}`,
          managementListenAddress: `127.0.0.1:${management}`,
          certificate: `${folder}/dir.crt`,
          privateKey: `${folder}/dir.key`,
          httpPort,
          tlsPort: freePort(),
          ocspResponderURL: "",
          externalAccountBindingRequired: accounts !== undefined,
          externalAccountMACKeys: accounts ?? {},
        },
      }),
    );
    const quiet = { stdout: "null", stderr: "null", stdin: "null" } as const;
    const children = [
      new Deno.Command("pebble-challtestsrv", {
        args: [
          ...["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""],
          ...["-http01", "", "-https01", "", "-tlsalpn01", ""],
          ...["-dns01", `127.0.0.1:${dns}`],
          ...["-management", `127.0.0.1:${names}`],
        ],
        ...quiet,
      }).spawn(),
      new Deno.Command("pebble", {
        args: [
          ...["-config", `${folder}/pebble.json`],
          ...["-dnsserver", `127.0.0.1:${dns}`],
        ],
        env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" },
        ...quiet,
      }).spawn(),
    ];
    await listens(port!);
    return new Authority(port!, cert, folder, children);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill();
    await Promise.all(this.#children.map(({ status }) => status));
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function listens(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** What stands between us and an authority, and adds what that does not have yet: renewal information. */
export class AuthorityFront implements AsyncDisposable {
  readonly directory: string;
  readonly #server: Deno.HttpServer;
  /** What was ordered. */
  readonly orders: { readonly replaces?: string }[] = [];
  /** Which certificates it was asked about. */
  readonly asked: string[] = [];
  /** Answers the next order in place of the authority. */
  answerOrder: (() => Response) | undefined;
  /** What it suggests. */
  suggested = { start: "2020-01-01T00:00:00Z", end: "2020-01-02T00:00:00Z" };

  constructor(
    { directory, ca }: Authority,
    pair: { readonly cert: string; readonly key: string },
  ) {
    const { port } = new URL(directory);
    const options = { hostname: "127.0.0.1", port: 0, onListen(): void {} };
    this.#server = Deno.serve(
      { ...options, ...pair },
      (request) => this.#answer(request, Number(port), ca),
    );
    const own = (this.#server.addr as Deno.NetAddr).port;
    this.directory = `https://127.0.0.1:${own}/dir`;
  }

  async #answer(request: Request, port: number, ca: string): Promise<Response> {
    const { pathname, host, origin } = new URL(request.url);
    if (pathname.startsWith("/renewal/")) {
      this.asked.push(pathname.slice("/renewal/".length));
      return Response.json({ suggestedWindow: this.suggested }, {
        headers: { "Retry-After": "7200" },
      });
    }
    const body = await request.text();
    if (pathname === "/order-plz") {
      const { payload } = JSON.parse(body);
      this.orders.push(JSON.parse(atob(payload)));
      const own = this.answerOrder?.();
      this.answerOrder = undefined;
      if (own !== undefined) return own;
    }
    const answer = await forward(request, body, { host, port, ca });
    if (pathname !== "/dir") return answer;
    return Response.json({
      ...await answer.json(),
      renewalInfo: `${origin}/renewal`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Sends a request on under the same host, which the authority believes to be its own. */
function forward(
  { url, method, headers }: Request,
  body: string,
  { host, port, ca }: { host: string; port: number; ca: string },
): Promise<Response> {
  const { pathname } = new URL(url);
  const type = headers.get("Content-Type") ?? "text/plain";
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({
      ...{ host: "127.0.0.1", port, path: pathname, method, ca, agent: false },
      headers: { host, "content-type": type },
    }, (answer) => {
      let text = "";
      answer.on("data", (bytes) => text += bytes);
      answer.on("end", () => {
        const { statusCode: status = 500, headers } = answer;
        const kept = Object.entries(headers).filter(([name]) =>
          !/^(?:connection|transfer-encoding|content-length)$/.test(name)
        ).map(([name, value]) => [name, String(value)] as [string, string]);
        const hasNone = method === "HEAD" || status === 204;
        resolve(new Response(hasNone ? null : text, { status, headers: kept }));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
