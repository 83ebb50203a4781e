/** Certificates by ACME, from a real server of the protocol: ordered, renewed, and the wrong proof refused. */

import { AcmeClient } from "../../lib/certificates/acme_order.ts";
import {
  AcmeStorage,
  FolderLock,
} from "../../lib/certificates/acme_storage.ts";
import { readCertificate } from "../../lib/certificates/certificate.ts";
import { renewalId } from "../../lib/certificates/renewal_info.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Authority, AuthorityFront, hasPebble } from "../support/authority.ts";
import { Origin } from "../support/origin.ts";
import { Proxy, secured, speakPlainHttp } from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";

speakPlainHttp("the authority looks for proofs on a plain port");

/** A clock by which deadlines pass a hundred times as fast. */
class HastyClock extends SystemClock {
  override after(ms: number, task: () => void): () => void {
    return super.after(ms / 100, task);
  }
}

const NAME = "www.acme.test";

/** What became of an order. */
async function outcome(order: Promise<void>): Promise<string> {
  return await order.then(() => "ordered", (error) => error.message);
}

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
    const storage = new AcmeStorage(new FolderLock(`${folder}/acme`));
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
    const options = { email: "admin@acme.test", directory, ca, eab: undefined };
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
    await t.step("an account can be bound to another one", async () => {
      const key =
        "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
      await using wary = await Authority.start(httpPort, { "kid-1": key });
      const { directory, ca } = wary;
      for (
        const [eab, expected] of [
          [undefined, /^account: .*externalAccount/is],
          [{ kid: "kid-2", key }, /^account: /],
          [{ kid: "kid-1", key: "AAAA" }, /^account: /],
          [{ kid: "kid-1", key }, /^ordered$/],
        ] as const
      ) {
        change = (proof): string => proof;
        const part = new AcmeStorage(
          new FolderLock(`${folder}/${eab?.kid}-${eab?.key.length}`),
        );
        const bound = { ...options, directory, ca, eab };
        const next = new AcmeClient(bound, part, board, new SystemClock());
        assertMatch(await outcome(next.order(NAME)), expected);
      }
    });
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name:
    "an authority with renewal information is asked, and told what an order replaces" +
    (isThere ? "" : " (skipped: pebble is not installed)"),
  ignore: !isThere,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t): Promise<void> {
    await using origin = new Origin();
    await using proxy = await Proxy.startWith((config) => config, origin);
    await using authority = await Authority.start(proxy.port);
    const pair = await makeSelfSigned(Date.now());
    await using front = new AuthorityFront(authority, pair);
    const folder = await Deno.makeTempDir();
    const storage = new AcmeStorage(new FolderLock(folder));
    const board = {
      show: (path: string, proof: string) => proxy.showProofs([[path, proof]]),
      remove: () => proxy.showProofs([]),
    };
    const { directory } = front;
    const options = {
      email: undefined,
      directory,
      ca: pair.cert,
      eab: undefined,
    };
    const client = new AcmeClient(options, storage, board, new SystemClock());
    await client.order(NAME);
    const { cert } = (await storage.readCertificate(NAME))!;
    await t.step("it is asked about this certificate", async () => {
      const before = Date.now();
      const info = await client.renewalInfo(cert);
      assertEquals(front.asked, [renewalId(cert)]);
      assertEquals(info?.startMs, Date.parse("2020-01-01"));
      assertEquals(info?.endMs, Date.parse("2020-01-02"));
      const againMs = info!.againMs - before;
      assert(againMs >= 7_200_000 && againMs < 7_260_000, `${againMs}`);
    });
    await t.step("an order says which one it replaces", async () => {
      await client.order(NAME, cert);
      assertEquals(
        front.orders.map(({ replaces }) => replaces),
        [undefined, renewalId(cert)],
      );
    });
    await t.step("… and does not where that is refused", async () => {
      front.answerOrder = (): Response =>
        Response.json({
          type: "urn:ietf:params:acme:error:alreadyReplaced",
          detail: "it was replaced already",
        }, { status: 409 });
      await client.order(NAME, cert);
      assertEquals(
        front.orders.slice(2).map(({ replaces }) => replaces),
        [renewalId(cert), undefined],
      );
    });
    await t.step("the pause that it asks for is known", async () => {
      assertEquals(client.askedPauseMs, 0);
      front.answerOrder = (): Response =>
        Response.json({
          type: "urn:ietf:params:acme:error:rateLimited",
          detail: "slower",
        }, { status: 429, headers: { "Retry-After": "7200" } });
      assertMatch(await outcome(client.order(NAME)), /^order: slower/);
      assertEquals(client.askedPauseMs, 7_200_000);
    });
    await Deno.remove(folder, { recursive: true });
  },
});
