/** nginx in front of a sparse file of 4 GiB, as an origin of ranges. */

import { freePort } from "./free_port.ts";

/** Bytes of the file. */
export const FILE_BYTES: number = 4 * 2 ** 30;
/** Bytes that are written here and there in it; between them are zeros. */
const MARK_BYTES = 4096;

/** See the module's comment. */
export class NginxOrigin implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #process: Deno.ChildProcess;
  readonly #file: Deno.FsFile;

  private constructor(
    url: string,
    folder: string,
    process: Deno.ChildProcess,
    file: Deno.FsFile,
  ) {
    this.url = url;
    this.#folder = folder;
    this.#process = process;
    this.#file = file;
  }

  /** Makes the file `/video`, with marks at these offsets, and starts nginx. */
  static async start(offsets: readonly number[]): Promise<NginxOrigin> {
    const folder = await Deno.makeTempDir();
    const file = await Deno.open(`${folder}/video`, {
      read: true,
      write: true,
      create: true,
    });
    await file.truncate(FILE_BYTES);
    for (const offset of offsets) {
      await file.seek(offset, Deno.SeekMode.Start);
      const mark = new Uint8Array(MARK_BYTES).map((_, i) => offset + i * 31);
      await file.write(mark);
    }
    const port = freePort();
    await Deno.writeTextFile(`${folder}/nginx.conf`, configFor(folder, port));
    const process = new Deno.Command("nginx", {
      args: ["-c", `${folder}/nginx.conf`, "-p", folder],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await untilListening(port);
    return new NginxOrigin(`http://127.0.0.1:${port}`, folder, process, file);
  }

  /** Bytes of the file, in text of one character a byte. */
  async read(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    await this.#file.seek(start, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      at += (await this.#file.read(bytes.subarray(at)))!;
    }
    return bytes;
  }

  /** Stops answering; connections stay open. */
  async pause(): Promise<void> {
    await this.#signal("SIGSTOP");
  }

  /** Answers again. */
  async goOn(): Promise<void> {
    await this.#signal("SIGCONT");
  }

  /** nginx works in processes of its own. */
  async #signal(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const { pid } = this.#process;
    const { stdout } = await new Deno.Command("pgrep", {
      args: ["-P", `${pid}`],
    }).output();
    const workers = new TextDecoder().decode(stdout).trim().split("\n");
    for (const worker of workers) Deno.kill(Number(worker), signal);
  }

  /** What nginx was asked for: ranges and statuses, in order. */
  async log(): Promise<string[]> {
    const text = await Deno.readTextFile(`${this.#folder}/access.log`);
    return text.trim().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close();
    this.#process.kill("SIGTERM");
    await this.#process.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function configFor(folder: string, port: number): string {
  return `
daemon off; worker_processes 1; pid ${folder}/pid; error_log /dev/null;
events { worker_connections 256; }
http {
  log_format ranges '$http_range $status $body_bytes_sent';
  access_log ${folder}/access.log ranges;
  client_body_temp_path ${folder}; proxy_temp_path ${folder};
  fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    default_type video/mp4;
    add_header Cache-Control "public, max-age=3600";
  }
}`;
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10)); // it starts
    }
  }
}
