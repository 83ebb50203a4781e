/** A certificate that has been damaged is told when the configuration is read again; the others are served. */

import { assertStringIncludes } from "../support/assert.ts";
import { SELF_SIGNED } from "../support/bad_certificates.ts";
import { CERTIFICATE_PEM, KEY_PEM } from "../support/certificate.ts";
import { Program } from "../support/program.ts";

Deno.test({
  name: "a damaged certificate is told at a reload, which goes on without it",
  ignore: Deno.build.os === "windows", // there is no SIGHUP
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    const write = (name: string, text: string): Promise<void> =>
      Deno.writeTextFile(`${folder}/${name}`, text);
    try {
      await write("a.pem", CERTIFICATE_PEM + KEY_PEM);
      await write("b.pem", SELF_SIGNED.cert + SELF_SIGNED.key);
      const config = {
        listen: { https: "127.0.0.1:0" },
        tls: { certificates: ["a.pem", "b.pem"] },
        hosts: { "*": { respond: 200 } },
      };
      await write("sluice.json", JSON.stringify(config));
      const program = new Program("--config", `${folder}/sluice.json`);
      await program.port();
      await write("b.pem", "damaged");
      await write(
        "sluice.json",
        JSON.stringify({ ...config, hosts: { "*": { respond: 204 } } }),
      );
      program.signal("SIGHUP");
      await program.until(/reloaded/);
      assertStringIncludes(program.said, "b.pem");
      program.signal("SIGTERM");
      await program.ended();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
