/** A file of 4 GiB, seeked through slices, with nginx as the origin. */

import { assert, assertEquals } from "../support/assert.ts";
import { FILE_BYTES, NginxOrigin } from "../support/nginx_origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { hasProgram } from "../support/metrics.ts";
import { random } from "../support/random.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { rows } from "../support/tries.ts";

const SLICE = 2 ** 20;

const isThere = hasProgram("nginx");

/** A proxy whose cache is much smaller than the file. */
function startBefore(url: string, workers = 1): Promise<Proxy> {
  return Proxy.startWith(
    (config) => ({
      ...config,
      store: {
        bytesMax: 64 * SLICE,
        objectBytesMax: 4 * SLICE,
        sliceBytes: SLICE,
      },
    }),
    url,
    "--workers",
    `${workers}`,
  );
}

for (const workers of rows([1, 2], 1)) {
  Deno.test({
    name: `ranges of a file of 4 GiB are the file's, ${workers} worker(s)${
      isThere ? "" : " (skipped: nginx is not installed)"
    }`,
    ignore: !isThere,
    async fn(): Promise<void> {
      const next = random(7);
      const at = (): number => Math.floor(next() * FILE_BYTES);
      const marks = [0, FILE_BYTES - 4096, ...Array.from({ length: 30 }, at)];
      await using origin = await NginxOrigin.start(marks);
      await using proxy = await startBefore(origin.url, workers);
      const check = async (start: number, end: number): Promise<void> => {
        const range = `Range: bytes=${start}-${end - 1}`;
        const { status, content, field } = await exchange(
          proxy,
          get("/video", range),
        );
        assertEquals(status, 206);
        assertEquals(
          field("content-range"),
          `bytes ${start}-${end - 1}/${FILE_BYTES}`,
        );
        assertEquals(bytesOf(content), await origin.read(start, end));
      };
      for (const mark of marks) {
        const start = Math.max(0, mark - Math.floor(next() * 100_000));
        const length = 1 + Math.floor(next() * 2 * SLICE);
        await check(start, Math.min(start + length, FILE_BYTES));
      }
      // What has just been asked for is there: nginx is not needed for it.
      await check(0, SLICE);
      await check(FILE_BYTES - 4096, FILE_BYTES);
      await origin.pause();
      await check(100, 200);
      await check(FILE_BYTES - 100, FILE_BYTES);
      await origin.goOn();
      // Nobody has ever been asked for more than a slice.
      for (const line of await origin.log()) {
        const [range, status, bytes] = line.split(" ");
        assert(/^bytes=\d+-\d+$/.test(range!), line);
        assert(status === "206" && Number(bytes) <= SLICE, line);
      }
    },
  });
}
