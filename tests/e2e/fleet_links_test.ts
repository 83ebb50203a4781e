/** The ways to a store: TLS, a name with a password, a socket of the machine. */

import { assert, assertEquals } from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { Fleet, VersionedOrigin } from "../support/fleet.ts";
import { freePort } from "../support/free_port.ts";
import { needingRedis, RedisServer } from "../support/redis_server.ts";
import { rows } from "../support/tries.ts";

/** A store that is reached in some way. */
interface Way {
  readonly name: string;
  /** What the server is started with. */
  readonly options: (folder: string, port: number) => readonly string[];
  /** What the nodes are told: in a folder that has the files, and for the port that is for TLS. */
  readonly shared: (
    folder: string,
    port: number,
  ) => { readonly url: string; readonly tls?: unknown };
}

const TLS = (folder: string, port: number): readonly string[] => [
  ...["--tls-port", String(port), "--tls-ca-cert-file", `${folder}/ca.pem`],
  ...["--tls-cert-file", `${folder}/cert.pem`],
  ...["--tls-key-file", `${folder}/key.pem`],
];
/** As docs/fleet.md has it. */
const USER = [
  ...["--user", "node", "on", ">hush+/2", "~test:*", "&test:*", "-@all"],
  ...[
    "+@read",
    "+@write",
    "+@scripting",
    "+@pubsub",
    "+@connection",
    "+info",
    "+time",
  ],
] as const;

const WAYS: readonly Way[] = [
  {
    name: "over TLS, with an authority of one's own",
    options: (
      folder,
      port,
    ) => [...TLS(folder, port), "--tls-auth-clients", "no"],
    shared: (folder, port) => ({
      url: `rediss://127.0.0.1:${port}`,
      tls: { ca: `${folder}/ca.pem` },
    }),
  },
  {
    name: "over TLS, with a certificate of the node's, a name and a password",
    options: (folder, port) => [...TLS(folder, port), ...USER],
    shared: (folder, port) => ({
      url: `rediss://node:hush%2B%2F2@127.0.0.1:${port}`,
      tls: {
        ca: `${folder}/ca.pem`,
        name: "localhost",
        cert: `${folder}/cert.pem`,
        key: `${folder}/key.pem`,
      },
    }),
  },
  {
    name: "by a socket, with a name and a password",
    options: (folder) => ["--unixsocket", `${folder}/store.sock`, ...USER],
    shared: (folder) => ({
      url: `unix://node:hush%2B%2F2@${folder}/store.sock`,
    }),
  },
];

async function withFiles(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/ca.pem`, AUTHORITY_PEM);
  await Deno.writeTextFile(`${folder}/cert.pem`, CERTIFICATE_PEM);
  await Deno.writeTextFile(`${folder}/key.pem`, KEY_PEM);
  await use(folder);
  await Deno.remove(folder, { recursive: true });
}

for (const { name, options, shared } of rows(WAYS, WAYS[1]!)) {
  const needs = await needingRedis(`a store is reached ${name}`);
  Deno.test(
    needs.name,
    { ignore: needs.ignore },
    () =>
      withFiles(async (folder) => {
        const port = freePort();
        await using _store = await RedisServer.start(...options(folder, port));
        await using origin = new VersionedOrigin();
        await using fleet = await Fleet.start(origin.origin, {
          ...shared(folder, port),
          nodes: 2,
        });
        await fleet.inStep();
        assertEquals((await fleet.get(0, "/a")).content, "/a 1");
        origin.version = 2;
        assertEquals((await fleet.purge(0, { all: true })).status, 200);
        await fleet.until(1, "/a", ({ content }) => content === "/a 2");
        await fleet.until(0, "/a", ({ content }) => content === "/a 2");
        assert(origin.countOf("/a") <= 3);
      }),
  );
}

{
  const needs = await needingRedis(
    "a store that shows a certificate of somebody else is not used, and the log says so",
  );
  Deno.test(
    needs.name,
    { ignore: needs.ignore },
    () =>
      withFiles(async (folder) => {
        const port = freePort();
        await using _store = await RedisServer.start(
          ...TLS(folder, port),
          ...["--tls-auth-clients", "no"],
        );
        await using origin = new VersionedOrigin();
        await using fleet = await Fleet.start(origin.origin, {
          url: `rediss://127.0.0.1:${port}`,
          nodes: 1,
        });
        await fleet.nodes[0]!.program.until(
          /cache tier shared: .*; requests go on without it/,
        );
        assertEquals((await fleet.get(0, "/a")).content, "/a 1");
        assertEquals((await fleet.get(0, "/a")).content, "/a 1");
        assertEquals(origin.countOf("/a"), 1);
      }),
  );
}
