/** What everybody's programs make of our TLS: curl, and openssl with the questions of a scanner. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { needing } from "../support/installed.ts";
import { ok, Origin } from "../support/origin.ts";
import { Proxy, secured } from "../support/proxy.ts";

const REQUEST =
  "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/** What TLS 1.2 is spoken with, for a key of this kind. */
const CIPHERS = [
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
];

/** A site in TLS, whose chain has two certificates, and the file of its authority. */
class SecureSite implements AsyncDisposable {
  readonly proxy: Proxy;
  readonly folder: string;
  readonly #origin: Origin;

  private constructor(proxy: Proxy, origin: Origin, folder: string) {
    this.proxy = proxy;
    this.folder = folder;
    this.#origin = origin;
  }

  static async start(): Promise<SecureSite> {
    const origin = Origin.answering(() => ok("hello"));
    const proxy = await Proxy.startWith((config) => {
      const { tls, ...rest } = secured(config);
      const cert = CERTIFICATE_PEM + AUTHORITY_PEM;
      const certificates = [{ cert, key: KEY_PEM, source: "chain.pem" }];
      return { ...rest, tls: { ...tls!, certificates } };
    }, origin);
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/ca.pem`, AUTHORITY_PEM);
    return new SecureSite(proxy, origin, folder);
  }

  get ca(): string {
    return `${this.folder}/ca.pem`;
  }

  /** What `openssl s_client` says when it is given this to send; it reads to the end. */
  async ask(sent: string, ...flags: readonly string[]): Promise<string> {
    const child = new Deno.Command("openssl", {
      args: [
        ...["s_client", "-connect", `127.0.0.1:${this.proxy.port}`],
        ...["-servername", "localhost", "-CAfile", this.ca, "-ign_eof"],
        ...flags,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(sent)).catch(() => {});
    await writer.close().catch(() => {}); // it has failed already
    const { stdout, stderr } = await child.output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.#origin[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test({
  ...await needing("openssl: which versions are spoken", "openssl"),
  async fn(): Promise<void> {
    await using site = await SecureSite.start();
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const said = await site.ask(REQUEST, version);
      assertMatch(said, /Verify return code: 0 \(ok\)/, version);
      assertMatch(said, /HTTP\/1\.1 200 OK\r\n[^]*hello/, version);
    }
    for (const version of ["-tls1", "-tls1_1"]) {
      const old = ["-cipher", "ALL:@SECLEVEL=0"];
      const said = await site.ask("", version, ...old);
      assertMatch(said, /alert protocol version/, version);
    }
  },
});

Deno.test({
  ...await needing("openssl: only ciphers with forward secrecy", "openssl"),
  async fn(): Promise<void> {
    await using site = await SecureSite.start();
    const { stdout } = await new Deno.Command("openssl", {
      args: ["ciphers", "-s", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
    }).output();
    const known = new TextDecoder().decode(stdout).trim().split(":");
    const others = known.filter((name) =>
      !CIPHERS.includes(name) && !name.startsWith("TLS_")
    );
    assert(others.length > 30, `${others}`);
    const weak = `${others.join(":")}:@SECLEVEL=0`;
    const refused = await site.ask("", "-tls1_2", "-cipher", weak);
    assertMatch(refused, /alert handshake failure/);
    for (const name of CIPHERS) {
      const said = await site.ask(REQUEST, "-tls1_2", "-cipher", name);
      assertMatch(said, new RegExp(`Cipher is ${name}`));
    }
  },
});

Deno.test({
  ...await needing("openssl: what a scanner asks", "openssl"),
  async fn(t): Promise<void> {
    await using site = await SecureSite.start();
    await t.step("the chain is in order", async () => {
      const said = await site.ask(REQUEST, "-showcerts");
      assertMatch(
        said,
        / 0 s:CN = localhost\n[^]* 1 s:CN = sluice test authority\n/,
      );
    });
    await t.step("whoever asks for OCSP gets none, and goes on", async () => {
      const said = await site.ask(REQUEST, "-status");
      assertMatch(said, /OCSP response: no response sent/);
      assertMatch(said, /hello/);
    });
    await t.step("nothing is compressed", async () => {
      assertMatch(await site.ask(REQUEST, "-comp"), /Compression: NONE/);
    });
    await t.step("nothing is negotiated again", async () => {
      // At the end of its input it leaves, unless it has something to wait for.
      const said = await site.ask("R\n", "-tls1_2", "-no_ign_eof");
      assertMatch(said, /Secure Renegotiation IS supported/); // that none is slipped in
      assertMatch(said, /RENEGOTIATING[^]*no renegotiation/);
    });
    await t.step("only HTTP/1.1 is offered", async () => {
      assertMatch(
        await site.ask(REQUEST, "-alpn", "h2,http/1.1"),
        /ALPN protocol: http\/1\.1/,
      );
      assertMatch(
        await site.ask("", "-alpn", "h2"),
        /alert no application protocol/,
      );
    });
    await t.step("a session is taken up again", async () => {
      for (const version of ["-tls1_2", "-tls1_3"]) {
        const file = `${site.folder}/session${version}`;
        await site.ask(REQUEST, version, "-sess_out", file);
        const said = await site.ask(REQUEST, version, "-sess_in", file);
        assertMatch(said, /Reused, TLSv1/, version);
        assertMatch(said, /hello/, version);
      }
    });
    await t.step(
      "nothing is taken before a handshake is complete",
      async () => {
        assertMatch(await site.ask(REQUEST, "-tls1_3"), /Max Early Data: 0/);
      },
    );
  },
});

Deno.test({
  ...await needing(
    "curl verifies the certificate, with either version",
    "curl",
  ),
  async fn(): Promise<void> {
    await using site = await SecureSite.start();
    for (const version of ["1.2", "1.3"]) {
      const { code, stdout } = await new Deno.Command("curl", {
        args: [
          ...["-sS", "--cacert", site.ca, `--tlsv${version}`],
          ...["--tls-max", version],
          ...["-w", "%{http_code} %{ssl_verify_result} %{http_version}"],
          `https://localhost:${site.proxy.port}/`,
          ...["--resolve", `localhost:${site.proxy.port}:127.0.0.1`],
        ],
      }).output();
      const said = new TextDecoder().decode(stdout);
      assertEquals([code, said], [0, "hello200 0 1.1"], version);
    }
  },
});
