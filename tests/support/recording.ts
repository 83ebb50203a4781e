/**
 * What a visitor of the README sees first: the demo and some commands, as they came
 * out of a real run.
 *
 * Port numbers are put back to those of the command lines, and the folder gets a short
 * name; the list of what to try is left out. Nothing else is changed.
 */

import { Program } from "./program.ts";

/** The port in the README. */
const SHOWN_PORT = "8000";
/** That of the first origin; the others follow. */
const ORIGIN_PORT = 9000;
const URL_SHOWN = `http://127.0.0.1:${SHOWN_PORT}`;
const HEAD = "curl -s -o /dev/null -D -";

/** The commands, as a reader would type them. */
const COMMANDS: readonly string[] = [
  `${HEAD} ${URL_SHOWN}/cache/minute | grep -i cache`,
  `${HEAD} ${URL_SHOWN}/cache/minute | grep -i cache`,
  `${HEAD} -H 'Accept-Encoding: br' ${URL_SHOWN}/ | grep -i encoding`,
  `curl -s -X PURGE '${URL_SHOWN}/cache/*'`,
  `${HEAD} -H 'Host: old.localhost' ${URL_SHOWN}/gates | grep -i location`,
  `${HEAD} -H 'Transfer-Encoding: chunked' -H 'Content-Length: 3' -d abc ${URL_SHOWN}/ | head -1`,
];

/** Whether there is what the commands need. */
export async function canRecord(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("sh", {
      args: ["-c", "curl --version && grep --version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false; // no shell
  }
}

/** Runs the demo and the commands; gives what a terminal would show, in Markdown. */
export async function record(): Promise<string> {
  const program = new Program("--demo", "--listen", "127.0.0.1:0");
  const [said] = await program.until(/listening[^]*the demo: .*\n/);
  const port = /listening on 127\.0\.0\.1:(\d+)/.exec(said)![1]!;
  const origins = /upstream (.*)/.exec(said)![1]!.match(/(?<=:)\d+/g) ?? [];
  const shown = (text: string): string =>
    origins.reduce(
      (text, origin, at) =>
        text.replaceAll(`:${origin}`, `:${ORIGIN_PORT + at}`),
      text.replaceAll(`:${port}`, `:${SHOWN_PORT}`),
    ).replaceAll(/\S+(?=\/sluice\.json)/g, "/tmp/sluice-demo")
      .replaceAll("\r", "");
  const lines = [
    "$ sluice --demo",
    ...shown(`sluice: ${said}`).split("\n"),
    "…",
  ];
  for (const command of COMMANDS) {
    const real = command.replaceAll(SHOWN_PORT, port);
    lines.push(`$ ${command}`, ...shown(await outputOf(real)).split("\n"));
  }
  program.signal("SIGTERM");
  const { out } = await program.ended();
  lines.push("^C", ...shown(out).split("\n"));
  const text = lines.filter((line) => line !== "").join("\n");
  return "```console\n" + text + "\n```";
}

async function outputOf(command: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", command],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
