/** WebDAV: the tests of litmus, with and without sluice in between. */

import { type Recipe, type Trial, until } from "./trial.ts";

/** See the module's comment. */
export const webdav: Recipe = {
  name: "webdav",
  programs: ["lighttpd", "litmus"],
  async try(trial): Promise<void> {
    await trial.write({
      "www/a.txt": "one",
      "lighttpd.conf": `server.document-root = "${trial.folder}/www"
server.port = 8080
server.bind = "127.0.0.1"
server.modules = ("mod_webdav")
server.upload-dirs = ("${trial.folder}")
webdav.activate = "enable"
webdav.sqlite-db-name = "${trial.folder}/locks.db"
`,
    });
    const version = await trial.run("sh", ["-c", "lighttpd -v"]);
    trial.versions.push(`lighttpd ${/\/([\d.]+)/.exec(version)?.[1]}`);
    trial.versions.push("litmus 0.13");
    await trial.start(8080, "lighttpd", ["-D", "-f", "lighttpd.conf"]);
    await trial.sluice("webdav/sluice.json", "--listen", "127.0.0.1:0");
    const direct = await litmus(trial, 8080);
    const through = await litmus(trial, trial.port);
    for (const [name, result] of through) {
      trial.expect(`litmus ${name}`, result, direct.get(name)!);
    }
    await trial.look("/a.txt", 200, /fwd=/);
    await trial.ask({ path: "/a.txt", method: "PUT", body: "two" });
    const { text } = await trial.ask("/a.txt");
    trial.expect("GET /a.txt after PUT", text, "two");
    const destination = `http://localhost/b.txt`;
    await trial.ask({
      path: "/a.txt",
      method: "MOVE",
      headers: { destination },
    });
    await until(
      "the move",
      async () => (await trial.ask("/b.txt")).status === 200,
    );
    trial.expect(
      "GET both ends after MOVE",
      `${(await trial.ask("/a.txt")).status} ${
        (await trial.ask("/b.txt")).text
      }`,
      "404 two",
    );
  },
};

/** What litmus says of a port: for each group of tests, how many passed. */
async function litmus(
  trial: Trial,
  port: number,
): Promise<Map<string, string>> {
  const said = await trial.run("sh", [
    "-c",
    `TESTS='basic copymove props locks http' litmus -k http://localhost:${port}/ 2>&1 || true`,
  ]);
  const results = new Map<string, string>();
  for (
    const [, name, run, passed] of said.matchAll(
      /<- summary for `(\w+)': of (\d+) tests run: (\d+) passed/g,
    )
  ) results.set(name!, `${passed} of ${run}`);
  if (results.size !== 5) throw new Error(said);
  return results;
}
