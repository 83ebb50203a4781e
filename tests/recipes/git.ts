/** git over HTTP: pushes and clones of any size, on a host of its own and below a path. */

import { serveCgi } from "./cgi.ts";
import type { Recipe, Trial } from "./trial.ts";

const COMMITS = 50;

/** See the module's comment. */
export const git: Recipe = {
  name: "git",
  programs: ["git"],
  async try(trial): Promise<void> {
    const version = await trial.run("git", ["--version"]);
    trial.versions.push(version.trim().replace("version ", ""));
    const root = `${trial.folder}/served`;
    await trial.run("git", ["init", "-q", "--bare", `${root}/a.git`]);
    const receives = ["-C", `${root}/a.git`, "config", "http.receivepack"];
    await trial.run("git", [...receives, "true"]);
    const env = { GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: "1" };
    await using _server = serveCgi(9418, "git", ["http-backend"], env);
    await trial.sluice("git/sluice.json", "--listen", "127.0.0.1:0");
    const { port } = trial;
    const own = `http://git.example:${port}/a.git`;
    const below = `http://127.0.0.1:${port}/code/a.git`;
    await push(trial, below);
    for (
      const [name, url, flags] of [
        ["clone below /code", below, []],
        ["clone from the host of its own", own, []],
        ["  by protocol 0", own, ["-c", "protocol.version=0"]],
      ] as const
    ) {
      const to = `${trial.folder}/${name.replaceAll(/\W/g, "")}`;
      await gitAt(trial, [...flags, "clone", "-q", "-b", "main", url, to]);
      const count = await gitAt(trial, ["rev-list", "--count", "HEAD"], to);
      const found = await gitAt(trial, ["fsck", "--full"], to);
      const isGood = !/error|missing|corrupt/.test(found);
      trial.expect(
        name,
        `${count.trim()} commits, fsck ${
          isGood ? "has nothing to say" : found
        }`,
        `${COMMITS + 1} commits, fsck has nothing to say`,
      );
    }
    const shallow = `${trial.folder}/shallow`;
    await gitAt(trial, [
      "clone",
      "-q",
      "--depth",
      "1",
      "-b",
      "main",
      own,
      shallow,
    ]);
    const one = await gitAt(trial, ["rev-list", "--count", "HEAD"], shallow);
    await gitAt(trial, ["fetch", "-q", "--unshallow"], shallow);
    const all = await gitAt(trial, ["rev-list", "--count", "HEAD"], shallow);
    trial.expect(
      "a shallow clone, made whole",
      `${one.trim()} commit, then ${all.trim()}`,
      `1 commit, then ${COMMITS + 1}`,
    );
  },
};

/** Pushes a large commit, then many small ones; each by a request of chunks. */
async function push(trial: Trial, url: string): Promise<void> {
  const work = `${trial.folder}/work`;
  await gitAt(trial, ["init", "-q", "-b", "main", work]);
  const large = new Uint8Array(18 * 2 ** 20);
  for (let at = 0; at < large.length; at += 65_536) {
    crypto.getRandomValues(large.subarray(at, at + 65_536));
  }
  await Deno.writeFile(`${work}/large`, large);
  await gitAt(trial, ["add", "."], work);
  await gitAt(trial, ["commit", "-qm", "large"], work);
  await gitAt(trial, ["push", "-q", url, "main"], work);
  trial.note("push of 18 MiB below /code", "taken");
  for (let count = 0; count < COMMITS; count++) {
    const message = ["commit", "-q", "--allow-empty", "-m", `${count}`];
    await gitAt(trial, message, work);
  }
  await gitAt(
    trial,
    ["-c", "http.postBuffer=1", "push", "-q", url, "main"],
    work,
  );
  trial.note(`push of ${COMMITS} commits, http.postBuffer=1`, "taken");
}

/** Runs git as somebody, with a name that leads to sluice. */
async function gitAt(
  trial: Trial,
  args: readonly string[],
  cwd = trial.folder,
): Promise<string> {
  const known = ["-c", "user.name=a", "-c", "user.email=a@b"];
  const resolve = `http.curloptResolve=git.example:${trial.port}:127.0.0.1`;
  const env = { GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_GLOBAL: "/dev/null" };
  return await trial.run("git", [...known, "-c", resolve, ...args], env, cwd);
}
