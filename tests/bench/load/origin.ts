/**
 * The origin behind the proxies: nginx, which is faster than what it serves, with a
 * small one of ours behind it for what nginx cannot do; ours alone if there is none.
 */

import { textOf } from "../../../lib/http/bytes.ts";
import { Peer as Connection } from "../../support/peer.ts";
import {
  cacheControl,
  COUNTER_PATH,
  numberedText,
  type Resource,
  RESOURCES,
} from "./content.ts";
import { nginxGround } from "./peers/nginx.ts";
import { type Place, writeConfiguration } from "./peers/peer.ts";

/** See the module's comment: writes nginx's files, returns its command line. */
export function prepareOrigin(place: Place, rawPort: number): string[] {
  const { directory } = place;
  for (const { path, content } of RESOURCES) {
    const file = `${directory}/content${path}`;
    Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(file, content);
  }
  const text = configuration(place, rawPort);
  const path = writeConfiguration(place, "nginx.conf", text);
  return ["nginx", "-p", directory, "-c", path];
}

function configuration(place: Place, rawPort: number): string {
  const { main, http } = nginxGround(place);
  return `${main}
http {
  ${http}
  gzip off;
  server {
    listen 127.0.0.1:${place.port} backlog=4096;
    root ${place.directory}/content;
    ${RESOURCES.map(locationOf).join("\n    ")}
    location ~ "^/c/n/([0-9]+)$" {
      default_type application/octet-stream;
      add_header Cache-Control "public, max-age=3600";
      return 200 "$1${numberedText("00000").slice(5)}";
    }
    # Refuses POST, and so answers it; but first the whole content goes to a mirror,
    # which is the way to make nginx read it.
    location = /upload {
      mirror /read;
      empty_gif;
      error_page 405 =204 /read;
    }
    location = /read { internal; return 204; }
    location = /digest { proxy_pass http://127.0.0.1:${rawPort}; }
    location = ${COUNTER_PATH} { stub_status; }
  }
}
`;
}

function locationOf(resource: Resource): string {
  const { path, type, content } = resource;
  // What is text can be said here; anything else is a file.
  const answer = type === "text/plain"
    ? ` return 200 "${textOf(content, 0, content.length)}";`
    : "";
  return `location = ${path} { default_type ${type}; ` +
    `add_header Cache-Control "${cacheControl(resource)}";${answer} }`;
}

/** Without a request for so long, there will be none. */
const SETTLE_MS = 100;

/** How many requests the origin has had, this one not counted. */
export class RequestCounter implements Disposable {
  readonly #connection: Connection;
  /** Requests for the count itself, which the origin counts too. */
  #own = 0;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Connects to the origin. */
  static async connect(port: number): Promise<RequestCounter> {
    const counter = new RequestCounter(await Connection.connect(port));
    // A connection that has had no request is closed after a minute.
    await counter.read();
    return counter;
  }

  /** How many requests the origin has had. */
  async read(): Promise<number> {
    this.#own++;
    await this.#connection.send(
      `GET ${COUNTER_PATH} HTTP/1.1\r\nHost: origin\r\n\r\n`,
    );
    const { content } = await this.#connection.readMessage();
    const match = /^ *\d+ \d+ (\d+) *$/m.exec(content);
    if (match === null) throw new Error(`No count in ${content}`);
    return Number(match[1]) - this.#own;
  }

  /** The same, once requests have ceased: a proxy may still work off what nobody waits for. */
  async readSettled(): Promise<number> {
    for (let known = await this.read();;) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const count = await this.read();
      if (count === known) return count;
      known = count;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
