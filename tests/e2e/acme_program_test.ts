/** The whole program with certificates from two authorities: one process orders, all workers have them. */

// deno-lint-ignore no-external-import -- the runtime's own TLS does not tell the certificate
import { connect } from "node:tls";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Authority, hasPebble } from "../support/authority.ts";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";
import { costly } from "../support/tries.ts";

const isThere = await hasPebble();
const KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

/** The names of the certificate that is shown for a name, and who has signed it. */
function shown(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, servername };
    const socket = connect({ ...options, rejectUnauthorized: false }, () => {
      const { subjectaltname, issuer } = socket.getPeerCertificate();
      socket.destroy();
      resolve(`${subjectaltname} ${issuer.CN}`);
    });
    socket.on("error", reject);
  });
}

Deno.test({
  ...costly(
    "two authorities, two workers" +
      (isThere ? "" : " (skipped: pebble is not installed)"),
    !isThere,
  ),
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    const [http, https] = [freePort(), freePort()];
    await using open = await Authority.start(http);
    await using wary = await Authority.start(http, { "kid-1": KEY });
    const storage = `${folder}/acme`;
    await Deno.writeTextFile(`${folder}/open.pem`, open.ca);
    await Deno.writeTextFile(`${folder}/wary.pem`, wary.ca);
    await Deno.writeTextFile(`${folder}/key`, `${KEY}\n`);
    const config = {
      listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}` },
      workers: 2,
      tls: {
        acme: {
          email: "admin@acme.test",
          directory: open.directory,
          ca: "open.pem",
          storage,
        },
      },
      hosts: {
        "www.acme.test": { respond: 200 },
        "shop.acme.test": {
          respond: 200,
          tls: {
            acme: {
              directory: wary.directory,
              ca: "wary.pem",
              storage,
              eab: { kid: "kid-1", key: { file: "key" } },
            },
          },
        },
      },
    };
    await Deno.writeTextFile(`${folder}/sluice.json`, JSON.stringify(config));
    const program = new Program("-A", "--config", `${folder}/sluice.json`);
    await program.port();
    await program.until(/new certificate for www\.acme\.test/);
    await program.until(/new certificate for shop\.acme\.test/);
    for (let i = 0; i < 8; i++) { // some reach one worker, some the other
      for (const name of ["www.acme.test", "shop.acme.test"]) {
        assertMatch(
          await shown(https, name),
          new RegExp(`^DNS:${name} Pebble Intermediate`),
        );
      }
    }
    program.signal("SIGTERM");
    const { code, err } = await program.ended();
    assertEquals(code, 0, err);
    assert(!/error/.test(err), err);
    const addresses = `127.0.0.1:${http}, 127.0.0.1:${https} (https)\n`;
    assert(err.includes(`listening on ${addresses}`), err);
    const parts = [];
    for await (const { name, isDirectory } of Deno.readDir(storage)) {
      if (!isDirectory) continue;
      parts.push(name);
      assertEquals(
        (await Deno.stat(`${storage}/${name}`)).mode! & 0o777,
        0o700,
      );
    }
    assertEquals(parts.length, 2, "each authority has a folder");
    await Deno.remove(folder, { recursive: true });
  },
});
