/** Certificates by ACME, from a real server of the protocol: ordered, renewed, and the wrong proof refused. */

import { AcmeClient } from "../../lib/certificates/acme_order.ts";
import { AcmeStorage } from "../../lib/certificates/acme_storage.ts";
import { readCertificate } from "../../lib/certificates/certificate.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import { Proxy, secured, speakPlainHttp } from "../support/proxy.ts";

speakPlainHttp("the authority looks for proofs on a plain port");

/** A clock by which deadlines pass a hundred times as fast. */
class HastyClock extends SystemClock {
  override after(ms: number, task: () => void): () => void {
    return super.after(ms / 100, task);
  }
}

/** Whether there are the programs that are the authority (Debian: pebble). */
async function hasPebble(): Promise<boolean> {
  try {
    await new Deno.Command("pebble", { args: ["-version"] }).output();
    await new Deno.Command("pebble-challtestsrv", { args: ["-h"] }).output();
    return true;
  } catch {
    return false;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A running authority that looks for proofs on a port of ours. */
class Authority implements AsyncDisposable {
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

  static async start(httpPort: number): Promise<Authority> {
    const folder = await Deno.makeTempDir();
    const [port, management, dns, names] = [0, 0, 0, 0].map(freePort);
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
          externalAccountBindingRequired: false,
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

const NAME = "www.acme.test";

const isThere = await hasPebble();

Deno.test({
  name: "a certificate is ordered, with the proof on the plain port" +
    (isThere ? "" : " (skipped: pebble is not installed)"),
  ignore: !isThere,
  // Its HTTP client keeps connections for a while.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t): Promise<void> {
    await using origin = new Origin();
    await using proxy = await Proxy.startWith((config) => config, origin);
    const httpPort = proxy.port;
    await using authority = await Authority.start(httpPort);
    const folder = await Deno.makeTempDir();
    const storage = new AcmeStorage(`${folder}/acme`);
    const { directory, ca } = authority;
    const shown = new Map<string, string>();
    let change = (proof: string): string => proof;
    const show = (): Promise<void> => proxy.showProofs([...shown]);
    const board = {
      async show(path: string, proof: string): Promise<void> {
        shown.set(path, change(proof));
        await show();
      },
      async remove(path: string): Promise<void> {
        shown.delete(path);
        await show();
      },
    };
    const options = { email: "admin@acme.test", directory, ca };
    const client = new AcmeClient(options, storage, board, new SystemClock());
    await t.step("ordered", async () => {
      await client.order(NAME);
      const text = await storage.readCertificate(NAME);
      assertEquals(readCertificate(text!).names, [NAME]);
      assertEquals(shown.size, 0, "the proof is not shown any longer");
      // It is one that a server can use.
      await using secure = await Proxy.startWith(
        (config) => ({
          ...secured(config),
          tls: {
            certificates: [text!],
            unknown: "refuse",
            needsTls13: false,
          },
        }),
        origin,
      );
      assert(secure.port > 0);
    });
    await t.step("ordered again, as the same account", async () => {
      const before = await storage.readCertificate(NAME);
      const account = await storage.readAccount();
      const next = new AcmeClient(options, storage, board, new SystemClock());
      await next.order(NAME);
      assertEquals(await storage.readAccount(), account);
      assert((await storage.readCertificate(NAME))!.cert !== before!.cert);
    });
    await t.step("a wrong proof is refused, in words", async () => {
      change = (): string => "wrong";
      const before = await storage.readCertificate("other.acme.test");
      const message = await client.order("other.acme.test").then(
        () => "ordered",
        (error) => error.message,
      );
      assertMatch(message, /^validation: .*(?:key authorization|invalid)/is);
      assertEquals(shown.size, 0);
      assertEquals(await storage.readCertificate("other.acme.test"), before);
    });
    await t.step("a directory that is down is an error, soon", async () => {
      const down = {
        ...options,
        directory: `https://127.0.0.1:${freePort()}/`,
      };
      const next = new AcmeClient(down, storage, board, new HastyClock());
      const message = await next.order(NAME).then(
        () => "ordered",
        (error) => error.message,
      );
      assertMatch(message, /^account: /);
    });
    await Deno.remove(folder, { recursive: true });
  },
});
