/** A Docker registry: an image is pushed and pulled, and its layers are kept. */

import type { Recipe } from "./trial.ts";

/** Of the layer, in bytes. */
const LAYER = 25 * 2 ** 20;

/** See the module's comment. */
export const dockerRegistry: Recipe = {
  name: "docker-registry",
  programs: ["docker-registry", "skopeo", "sha256sum", "tar"],
  async try(trial): Promise<void> {
    await trial.write({
      "registry.yml": `version: 0.1
storage: { filesystem: { rootdirectory: ${trial.folder}/blobs } }
http: { addr: "127.0.0.1:5000" }
`,
    });
    trial.versions.push("docker-registry 2.8.2");
    const version = await trial.run("skopeo", ["--version"]);
    trial.versions.push(version.trim().replace("version ", ""));
    await trial.start(5000, "docker-registry", ["serve", "registry.yml"]);
    await trial.sluice(
      "docker-registry/sluice.json",
      "--listen",
      "127.0.0.1:0",
    );
    await makeImage(trial.folder, trial.run.bind(trial));
    const there = `docker://localhost:${trial.port}/app:1`;
    const copy = async (from: string, to: string): Promise<string> =>
      await trial.run("skopeo", [
        "--insecure-policy",
        "copy",
        "-q",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        from,
        to,
      ]);
    await copy("dir:image", there);
    trial.note("push, a layer of 25 MiB", "taken");
    const host = `localhost:${trial.port}`;
    let layer = "";
    for (const name of ["first", "second", "third"]) {
      await Deno.mkdir(`${trial.folder}/${name}`);
      await copy(there, `dir:${name}`);
      layer = await layerOf(`${trial.folder}/${name}`); // skopeo has compressed it
      const sum = await trial.run("sha256sum", [`${name}/${layer}`]);
      const isSame = sum.startsWith(layer);
      trial.expect(
        `pull, the ${name}`,
        isSame ? "each byte of the layer" : sum,
        "each byte of the layer",
      );
    }
    await trial.look(
      { path: `/v2/app/blobs/sha256:${layer}`, host },
      200,
      /hit; ttl=3\d{7}/,
      "GET the layer",
    );
    const accept = "application/vnd.docker.distribution.manifest.v2+json";
    const path = "/v2/app/manifests/1";
    await trial.ask({ path, host, headers: { accept } });
    await trial.look({ path, host, headers: { accept } }, 200, /fwd=stale|hit/);
    await trial.look("/debug/vars", 404, "");
  },
};

/** The digest of the layer of an image in a folder. */
async function layerOf(image: string): Promise<string> {
  const manifest = await Deno.readTextFile(`${image}/manifest.json`);
  return JSON.parse(manifest).layers[0].digest.replace("sha256:", "");
}

/** An image in skopeo's own form: a layer, a configuration, a manifest. */
async function makeImage(
  folder: string,
  run: (command: string, args: readonly string[]) => Promise<string>,
): Promise<void> {
  const image = `${folder}/image`;
  await Deno.mkdir(image);
  const bytes = new Uint8Array(LAYER);
  for (let at = 0; at < LAYER; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  await Deno.writeFile(`${folder}/content`, bytes);
  await run("tar", ["-cf", `${image}/layer`, "content"]);
  const digest = async (path: string): Promise<string> =>
    (await run("sha256sum", [path])).split(" ")[0]!;
  const layer = await digest(`${image}/layer`);
  await Deno.rename(`${image}/layer`, `${image}/${layer}`);
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
    history: [{ created_by: "recipe" }],
  });
  await Deno.writeTextFile(`${image}/config`, config);
  const name = await digest(`${image}/config`);
  await Deno.rename(`${image}/config`, `${image}/${name}`);
  const { size } = await Deno.stat(`${image}/${layer}`);
  const type = "application/vnd.docker";
  await Deno.writeTextFile(
    `${image}/manifest.json`,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${type}.distribution.manifest.v2+json`,
      config: {
        mediaType: `${type}.container.image.v1+json`,
        size: config.length,
        digest: `sha256:${name}`,
      },
      layers: [{
        mediaType: `${type}.image.rootfs.diff.tar`,
        size,
        digest: `sha256:${layer}`,
      }],
    }),
  );
  await Deno.writeTextFile(
    `${image}/version`,
    "Directory Transport Version: 1.1\n",
  );
}
