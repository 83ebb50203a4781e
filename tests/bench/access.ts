/**
 * What each part of access costs a request: processor time of the program, with the
 * part and without it, in turns. It needs Linux, `wrk` and two cores.
 *
 * `deno run -A tests/bench/access.ts [ROUNDS]`; the differences are medians over rounds.
 */

import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { basic, userLine } from "../support/htpasswd.ts";
import { Program } from "../support/program.ts";
import { cpuSeconds } from "./load/process_tree.ts";
import { parseWrk } from "./load/wrk.ts";

const ROUNDS = Number(Deno.args[0] ?? 7);
const SECONDS = 2;
const CONNECTIONS = 40;
const SERVER_CORE = "0";
const LOAD_CORE = "1";
/** So high that nobody is refused. */
const RATE = "100000000/s";

/** A part: what a host has for it, and what requests to it have. */
interface Part {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly fields: readonly string[];
}

async function tokenAndKeys(
  algorithm: string,
  folder: string,
): Promise<{ readonly field: string; readonly jwks: string }> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const key = { ...await exportJWK(publicKey), kid: "a", alg: algorithm };
  const jwks = `${folder}/${algorithm}.json`;
  await Deno.writeTextFile(jwks, JSON.stringify({ keys: [key] }));
  const token = await new SignJWT({ sub: "ann" })
    .setProtectedHeader({ alg: algorithm, kid: "a" })
    .setExpirationTime("1h").sign(privateKey);
  return { field: `Authorization: Bearer ${token}`, jwks };
}

async function parts(folder: string, service: string): Promise<Part[]> {
  const users = `${folder}/users`;
  await Deno.writeTextFile(users, userLine("ann", "secret"));
  const es256 = await tokenAndKeys("ES256", folder);
  const rs256 = await tokenAndKeys("RS256", folder);
  const blocks = Array.from(
    { length: 1000 },
    (_, i) => `10.${i >> 8}.${i & 255}.0/24`,
  );
  const limit = { rate: RATE, burst: 1000 };
  const origins = ["https://app.test"];
  const part = (
    name: string,
    options: Record<string, unknown>,
    ...fields: readonly string[]
  ): Part => ({ name, options, fields });
  return [
    part("nothing", {}),
    part("rate", { limit }),
    part("three rates", {
      limit: [limit, { ...limit, by: "all" }, { ...limit, by: "header:Key" }],
    }, "Key: k"),
    part("concurrent", { limit: { concurrent: 1000 } }),
    part("allow, 1001 blocks", { allow: ["127.0.0.1", ...blocks] }),
    part("basic", { auth: { basic: users } }, basic("ann", "secret")),
    part("jwt ES256", { auth: { jwt: { jwks: es256.jwks } } }, es256.field),
    part("jwt RS256", { auth: { jwt: { jwks: rs256.jwks } } }, rs256.field),
    part("forward", { auth: { forward: service } }),
    part("security", { security: true }),
    part("cors", { cors: { origins } }, `Origin: ${origins[0]}`),
    part("a templated header", { headers: { "X-Path": "{path}" } }),
  ];
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

/** Processor time of a request, in µs. */
async function measure(
  pid: number,
  port: number,
  host: string,
  { fields }: Part,
  seconds: number,
): Promise<number> {
  const beforeSeconds = cpuSeconds(pid);
  const headers = [`Host: ${host}`, ...fields].flatMap((
    field,
  ) => ["-H", field]);
  const { stdout } = await new Deno.Command("taskset", {
    args: [
      ...["-c", LOAD_CORE, "wrk", "-t1", `-c${CONNECTIONS}`, `-d${seconds}`],
      ...[...headers, `http://127.0.0.1:${port}/`],
    ],
  }).output();
  const { requests, errors } = parseWrk(new TextDecoder().decode(stdout));
  if (errors !== "") throw new Error(`${host}: ${errors}`);
  return (cpuSeconds(pid) - beforeSeconds) / requests * 1e6;
}

const folder = await Deno.makeTempDir();
const service = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  () => new Response(),
);
const all = await parts(folder, `http://127.0.0.1:${service.addr.port}/`);
const hosts = Object.fromEntries(
  all.map(({ options }, index) => [`p${index}.test`, {
    respond: { status: 200, body: "hello" },
    ...options,
  }]),
);
const file = `${folder}/sluice.json`;
await Deno.writeTextFile(
  file,
  JSON.stringify({ listen: "127.0.0.1:0", log: { format: "off" }, hosts }),
);
const program = Program.within(["taskset", "-c", SERVER_CORE], "-c", file);
const port = await program.port();
const times = all.map((): number[] => []);
for (let round = -1; round < ROUNDS; round++) {
  for (const [index, part] of all.entries()) {
    const host = `p${index}.test`;
    const isWarmUp = round < 0;
    const us = await measure(
      program.pid,
      port,
      host,
      part,
      isWarmUp ? 1 : SECONDS,
    );
    if (!isWarmUp) times[index]!.push(us);
  }
}
for (const [index, { name }] of all.entries()) {
  const own = median(times[index]!);
  const more = median(times[index]!.map((us, round) => us - times[0]![round]!));
  // deno-lint-ignore no-console -- it is what this program is for
  console.log(
    `${name.padEnd(20)} ${own.toFixed(2).padStart(8)} µs a request` +
      (index === 0 ? "" : `${more.toFixed(2).padStart(9)} µs more`),
  );
}
program.signal("SIGTERM");
await program.ended();
await service.shutdown();
await Deno.remove(folder, { recursive: true });
