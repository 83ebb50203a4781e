/** Puts up what a site needs: its certificate, its files, and the programs that run it. */

import { makeSelfSigned } from "../../../../lib/certificates/self_signed.ts";
import { awaitAnswer, type Live, type Rig } from "../rig.ts";
import type { Subject } from "../subject.ts";
import type { SitePlace } from "../peers/peer.ts";
import { FILE_CONTENT, HOST_WILDCARD, HOSTS, SITE_PARTS } from "./plan.ts";

/** A program that runs the site. */
export interface LiveSite extends Live {
  readonly tlsPort: number;
  readonly log: string;
  /** Whether it answers by itself what a cache may. */
  readonly hasCache: boolean;
}

/** What all of them share. */
export type SiteGround = Pick<SitePlace, "certificate" | "root">;

/** The path of something stored that is asked for first. */
const FIRST_PATH = SITE_PARTS.find(({ from }) => from === "cache")!.path;

/** Makes the certificate and the files. */
export async function makeGround(directory: string): Promise<SiteGround> {
  const { cert, key } = await makeSelfSigned(Date.now(), [
    "localhost",
    HOST_WILDCARD,
  ]);
  const certificate = {
    cert: `${directory}/cert.pem`,
    key: `${directory}/key.pem`,
    both: `${directory}/both.pem`,
  };
  await Deno.writeTextFile(certificate.cert, cert);
  await Deno.writeTextFile(certificate.key, key);
  await Deno.writeTextFile(certificate.both, cert + key);
  const root = `${directory}/files`;
  const { path } = SITE_PARTS.find(({ from }) => from === "file")!;
  const file = root + path;
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  await Deno.writeFile(file, FILE_CONTENT);
  await Deno.writeFile(`${file}.gz`, await gzip(FILE_CONTENT));
  return { certificate, root };
}

async function gzip(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const coded = new Blob([content]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(coded).arrayBuffer());
}

/**
 * Starts a program and waits for its first answer.
 *
 * @param port The first of three.
 */
export async function startSite(
  rig: Rig,
  subject: Subject,
  ground: SiteGround,
  port: number,
): Promise<LiveSite> {
  const directory = rig.stage.newDirectory(`site-${subject.name}`);
  const place: SitePlace = {
    ...ground,
    port,
    tlsPort: port + 1,
    adminPort: port + 2,
    originPort: rig.originPort,
    directory,
    log: `${directory}/access.log`,
  };
  const command = subject.prepareSite!(place);
  const startedMs = performance.now();
  const { server } = rig.cores;
  const running = rig.stage.start(`site-${subject.name}`, command, server);
  await awaitAnswer(running, port, FIRST_PATH, HOSTS[0]);
  const startMs = performance.now() - startedMs;
  const { tlsPort, log } = place;
  const hasCache = !subject.lacks.includes("cache");
  return { subject, running, port, startMs, tlsPort, log, hasCache };
}
