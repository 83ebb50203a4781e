/** Does a program run the site as it should? Each kind of request, by both schemes. */

import { type Message, Peer as Connection } from "../../../support/peer.ts";
import { bytesOf } from "../../../../lib/http/bytes.ts";
import { BROWSER_FIELDS } from "../../messages.ts";
import { compareContent, gunzip } from "../check.ts";
import { resourceAt } from "../content.ts";
import { patiently } from "../patience.ts";
import { Refused } from "../results.ts";
import {
  FILE_CONTENT,
  HOSTS,
  type Scheme,
  SITE_PARTS,
  type SitePart,
} from "./plan.ts";
import type { LiveSite } from "./stage.ts";

/** Connections over which all hosts are asked. */
const LANES = 8;
/** How often what a cache may keep is asked for: it is stored, and there. */
const TIMES = 2;
/** Every so manieth host is asked for what no cache answers. */
const SAMPLED = 10;

/** Bytes of a response, head and all, by the kind of request. */
export type SizeByPart = ReadonlyMap<string, number>;

/**
 * Asks each host for what a cache may keep, some for the other kinds of requests, and
 * compares.
 *
 * @param certificate The site's, in PEM.
 * @throws {Refused} Something is not as it should be.
 */
export async function checkSite(
  live: LiveSite,
  certificate: string,
): Promise<SizeByPart> {
  const sizes = new Map<string, number>();
  for (const scheme of ["http", "https"] as const) {
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      using connection = await connect(live, scheme, certificate);
      for (let number = lane; number < HOSTS.length; number += LANES) {
        for (const part of SITE_PARTS) {
          const isStored = live.hasCache && part.from === "cache";
          if (!isStored && Math.floor(number / LANES) % SAMPLED > 0) continue;
          const times = isStored ? TIMES : 1;
          const host = HOSTS[number]!;
          for (let time = 0; time < times; time++) {
            const message = await request(connection, host, part);
            await compare(message, part, host);
            sizes.set(part.name, message.head.length + message.content.length);
          }
        }
      }
    });
    await Promise.all(lanes);
  }
  return sizes;
}

async function connect(
  { port, tlsPort }: LiveSite,
  scheme: Scheme,
  certificate: string,
): Promise<Connection> {
  if (scheme === "http") return await Connection.connect(port);
  const hostname = "localhost";
  const socket = await Deno.connect({ hostname: "127.0.0.1", port: tlsPort });
  return new Connection(
    await Deno.startTls(socket, { hostname, caCerts: [certificate] }),
  );
}

async function request(
  connection: Connection,
  host: string,
  { path }: SitePart,
): Promise<Message> {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...BROWSER_FIELDS.map((field) => field.join(": ")),
  ];
  return await patiently(connection, async () => {
    await connection.send(`${lines.join("\r\n")}\r\n\r\n`);
    return await connection.readMessage();
  });
}

async function compare(
  message: Message,
  { path, status, isCoded, from }: SitePart,
  host: string,
): Promise<void> {
  const what = `${host}${path}`;
  if (message.status !== status) {
    throw new Refused(`${what} is answered ${message.status}`);
  }
  if (status !== 200) return; // whose content is each program's own
  const coding = message.field("content-encoding");
  if ((coding === "gzip") !== isCoded) {
    throw new Refused(`${what}: Content-Encoding: ${coding}`);
  }
  const bytes = bytesOf(message.content);
  const expected = from === "file" ? FILE_CONTENT : resourceAt(path).content;
  compareContent(isCoded ? await gunzip(bytes) : bytes, expected);
}
