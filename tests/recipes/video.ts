/** A recording on another server: any place of it, from slices that are fetched once. */

import { startNginx } from "./nginx.ts";
import type { Recipe } from "./trial.ts";

const MIB = 2 ** 20;
const LENGTH = 40 * MIB;

/** See the module's comment. */
export const video: Recipe = {
  name: "video",
  programs: ["nginx"],
  async try(trial): Promise<void> {
    const bytes = new Uint8Array(LENGTH);
    for (let at = 0; at < LENGTH; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    await Deno.chmod(trial.folder, 0o755);
    await trial.write({ "www/live/a.m3u8": "#EXTM3U" });
    await Deno.writeFile(`${trial.folder}/www/film.mp4`, bytes);
    await startNginx(trial, 8080, `root ${trial.folder}/www;`);
    await trial.sluice("video/sluice.json", "--listen", "127.0.0.1:0");
    const host = "media.example";
    const range = async (
      first: number,
      last: number,
      cache: RegExp | string,
      words: string,
    ): Promise<void> => {
      const asked = await trial.look(
        {
          path: "/film.mp4",
          host,
          headers: { range: `bytes=${first}-${last}` },
        },
        206,
        cache,
        words,
      );
      check(asked.bytes, bytes.subarray(first, last + 1));
    };
    await range(20 * MIB, 20 * MIB + 999, /fwd=/, "a range in the middle");
    await range(20 * MIB, 20 * MIB + 999, /hit/, "  once more");
    await range(LENGTH - 500, LENGTH - 1, /fwd=/, "the last 500 bytes");
    await range(20 * MIB - 7, 21 * MIB + 7, /fwd=/, "across three slices");
    const path = "/film.mp4";
    const whole = await trial.look({ path, host }, 200, /fwd=/, "the whole");
    check(whole.bytes, bytes);
    const again = await trial.look({ path, host }, 200, /hit/, "  once more");
    check(again.bytes, bytes);
    await trial.look(
      { path: "/live/a.m3u8", host },
      200,
      /fwd=uri-miss; stored/,
    );
  },
};

function check(got: Uint8Array, expected: Uint8Array): void {
  const isSame = got.length === expected.length &&
    got.every((byte, at) => byte === expected[at]);
  if (!isSame) {
    throw new Error(`${got.length} bytes came, and not the right ones`);
  }
}
