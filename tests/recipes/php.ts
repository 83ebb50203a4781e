/** PHP behind nginx with FPM: sessions, what says nothing, and uploads. */

import { FPM, phpLines, startFpm, startNginx } from "./nginx.ts";
import type { Recipe } from "./trial.ts";

const FILES = {
  "www/index.php": `<?php echo "made at ", microtime(true), "\\n";`,
  "www/count.php":
    `<?php session_start(); echo $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1;`,
  "www/upload.php":
    `<?php echo strlen(file_get_contents("php://input")), " from ", $_SERVER["HTTP_X_FORWARDED_FOR"];`,
};
/** What is uploaded, in bytes. */
const UPLOAD = 40 * 2 ** 20;

/** See the module's comment. */
export const php: Recipe = {
  name: "php",
  programs: ["nginx", FPM],
  async try(trial): Promise<void> {
    await trial.write(FILES);
    await startFpm(trial);
    const lines = `root ${trial.folder}/www; ${phpLines(trial.folder)}`;
    await startNginx(trial, 8080, lines);
    await trial.sluice("php/sluice.json", "--listen", "127.0.0.1:0");
    const host = "php.example";
    await trial.look({ path: "/index.php", host }, 200, "fwd=uri-miss; stored");
    await trial.look({ path: "/index.php", host }, 200, /hit; ttl=(60|5\d)/);
    for (const [user, count] of [["ann", 1], ["bob", 1], ["ann", 2]] as const) {
      const { text } = await trial.ask({
        path: "/count.php",
        host,
        headers: { cookie: `PHPSESSID=${user}0000` },
      });
      trial.expect(`GET /count.php as ${user}`, text, `${count}`);
    }
    await trial.look(
      { path: "/count.php", host },
      200,
      "fwd=uri-miss; detail=no-store",
    );
    const { text } = await trial.ask({
      path: "/upload.php",
      method: "POST",
      host,
      headers: { "content-type": "application/octet-stream" },
      body: new Uint8Array(UPLOAD),
    });
    trial.expect("POST /upload.php, 40 MiB", text, `${UPLOAD} from 127.0.0.1`);
    await trial.look({ path: "/.git/config", host }, 404, "");
  },
};
