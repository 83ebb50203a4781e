/** Verdaccio: publishing, installing, and what is kept of it. */

import type { Question } from "./client.ts";
import type { Recipe, Trial } from "./trial.ts";

const VERDACCIO = {
  "verdaccio.yaml": `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages:
  'secret-*': { access: $authenticated, publish: $authenticated }
  '**': { access: $all, publish: $authenticated, unpublish: $authenticated }
log: { type: stdout, format: pretty, level: warn }
`,
  "package.json": `{ "overrides": { "node-fetch": "2.6.7" } }`,
};
/** Of the archive that is published, in bytes. */
const ARCHIVE = 6_000_000;

/** See the module's comment. */
export const npmRegistry: Recipe = {
  name: "npm-registry",
  programs: ["npm"],
  async try(trial): Promise<void> {
    await trial.write(VERDACCIO);
    await trial.npm("verdaccio@6.8.0"); // runs on Node 20
    const version = await trial.run("npm", ["--version"]);
    trial.versions.push(`npm ${version.trim()}`);
    await trial.start(4873, `${trial.folder}/node_modules/.bin/verdaccio`, [
      "--config",
      "verdaccio.yaml",
      "--listen",
      "127.0.0.1:4873",
    ]);
    await trial.sluice("npm-registry/sluice.json", "--listen", "127.0.0.1:0");
    const client = new Client(trial);
    await client.login();
    await client.publish("1.0.0");
    await client.install("first"); // with a token: nothing of it is stored
    await trial.ask(client.list);
    await trial.ask(client.archive("1.0.0"));
    await trial.look(
      client.list,
      200,
      /hit/,
      "GET the list, as npm install does",
    );
    await trial.look(
      client.archive("1.0.0"),
      200,
      /hit; ttl=3\d{7}/,
      "GET the archive",
    );
    await client.publish("1.1.0");
    const { text } = await trial.ask(client.list);
    trial.expect(
      "the list after another version",
      Object.keys(JSON.parse(text).versions).join(" "),
      "1.0.0 1.1.0",
    );
    await client.install("second");
    await client.secret();
  },
};

/** npm, with a home of its own. It takes sluice for a proxy, so that the name `npm.example` leads there. */
class Client {
  /** What npm install asks of the package. */
  readonly list: Question = {
    path: "/sl-plain",
    host: "npm.example",
    headers: { accept: "application/vnd.npm.install-v1+json" },
  };
  readonly #trial: Trial;
  readonly #env: Readonly<Record<string, string>>;

  constructor(trial: Trial) {
    this.#trial = trial;
    this.#env = {
      npm_config_userconfig: `${trial.folder}/npmrc`,
      npm_config_cache: `${trial.folder}/npm-cache`,
      npm_config_registry: "http://npm.example/",
      npm_config_proxy: `http://127.0.0.1:${trial.port}/`,
      npm_config_noproxy: "",
      npm_config_update_notifier: "false",
      npm_config_fund: "false",
    };
  }

  archive(version: string): Question {
    return {
      path: `/sl-plain/-/sl-plain-${version}.tgz`,
      host: "npm.example",
    };
  }

  async login(): Promise<void> {
    const { text } = await this.#trial.ask({
      path: "/-/user/org.couchdb.user:bob",
      host: "npm.example",
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "bob", password: "secret123" }),
    });
    const { token } = JSON.parse(text);
    await this.#trial.write({ npmrc: `//npm.example/:_authToken=${token}\n` });
    const who = await this.#npm(["whoami"], this.#trial.folder);
    this.#trial.expect("npm whoami", who.trim(), "bob");
  }

  async publish(version: string, name = "sl-plain"): Promise<void> {
    const folder = `${this.#trial.folder}/${name}-${version}`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(
      `${folder}/package.json`,
      JSON.stringify({ name, version }),
    );
    const bytes = new Uint8Array(ARCHIVE);
    for (let at = 0; at < ARCHIVE; at += 60_000) {
      crypto.getRandomValues(bytes.subarray(at, at + 60_000));
    }
    await Deno.writeFile(`${folder}/large.bin`, bytes);
    const said = await this.#npm(["publish"], folder);
    this.#trial.expect(
      "npm publish, 6 MB",
      said.trim(),
      `+ ${name}@${version}`,
    );
  }

  /** Installs in an empty folder, with an empty cache. */
  async install(name: string): Promise<void> {
    const folder = `${this.#trial.folder}/install-${name}`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/package.json`, "{}");
    await this.#npm(["install", "sl-plain", "--prefer-online"], folder);
    const installed = await Deno.readTextFile(
      `${folder}/node_modules/sl-plain/package.json`,
    );
    const { version } = JSON.parse(installed);
    const { size } = await Deno.stat(
      `${folder}/node_modules/sl-plain/large.bin`,
    );
    this.#trial.note(`npm install, the ${name}`, `${version}, ${size} bytes`);
    if (size !== ARCHIVE) throw new Error("it is not whole");
  }

  /** A package for users: nobody else gets it, not even right after one of them. */
  async secret(): Promise<void> {
    await this.publish("1.0.0", "secret-thing");
    const npmrc = await Deno.readTextFile(`${this.#trial.folder}/npmrc`);
    const token = npmrc.split("=")[1]!.trim();
    const path = "/secret-thing";
    const host = "npm.example";
    const statuses: number[] = [];
    for (const bearer of [undefined, token, undefined, "wrong"]) {
      const headers: Record<string, string> = bearer === undefined
        ? {}
        : { authorization: `Bearer ${bearer}` };
      statuses.push((await this.#trial.ask({ path, host, headers })).status);
    }
    const seen = ["nobody", "bob", "nobody", "a wrong token"]
      .map((who, at) => `${who} ${statuses[at]}`).join(", ");
    this.#trial.expect(
      "a package for users",
      seen,
      "nobody 401, bob 200, nobody 401, a wrong token 401",
    );
  }

  async #npm(args: readonly string[], cwd: string): Promise<string> {
    return await this.#trial.run("npm", args, this.#env, cwd);
  }
}
