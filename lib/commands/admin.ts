/** `sluice purge`, `reload` and `upstreams`: they ask a running sluice by its admin listener. */

import type { AdminCommand, AdminTarget } from "../config/admin_command.ts";
import type { Disk } from "../config/file/disk.ts";
import {
  isToken,
  TOKEN_BYTES_MAX,
  TOKEN_FAULT,
} from "../config/admin_token.ts";
import { configOf } from "./config_file.ts";
import type { ResolvedAdmin } from "../config/resolved.ts";
import { UsageError } from "../config/usage_error.ts";
import type { Clock } from "../net/clock.ts";
import type { UpstreamReport } from "../upstream/administration.ts";
import {
  type AdminAddress,
  type AdminAnswer,
  type AdminQuestion,
  askAdmin,
  objectIn,
  problemIn,
  valueIn,
} from "./admin_client.ts";
import { EXIT_FAILURE } from "./exit_code.ts";
import { serverLines } from "./upstream_lines.ts";

/** Where a command speaks to. */
export interface CommandPlace {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Gets the answer. */
  readonly print: (text: string) => void;
  /** Gets what is wrong, line by line. */
  readonly complain: (line: string) => void;
}

/**
 * Finds the admin listener that a command means, and its token.
 *
 * @throws {UsageError} if the configuration does not say it.
 */
export async function findAdmin(
  { address, config, tokenFile }: AdminTarget,
  { disk, complain }: CommandPlace,
): Promise<AdminAddress> {
  const admin = config === undefined
    ? undefined
    : await adminIn(config, disk, complain);
  const found = address ?? admin?.address;
  if (found === undefined) {
    throw new UsageError(
      `${config} has no admin listener: write admin.listen there, or give --admin ADDRESS`,
    );
  }
  const file = tokenFile ??
    (admin?.token?.kind === "file" ? admin.token.path : undefined);
  const text = admin?.token?.kind === "text" ? admin.token.text : undefined;
  const token = file === undefined ? text : await tokenIn(file, disk);
  return { address: found, token };
}

async function adminIn(
  path: string,
  disk: Disk,
  complain: (line: string) => void,
): Promise<ResolvedAdmin | undefined> {
  const overrides = {
    listen: undefined,
    workers: undefined,
    logFormat: undefined,
  };
  const command = {
    kind: "file",
    action: "print-config",
    path,
    watches: false,
    overrides,
  } as const;
  const resolved = await configOf(command, disk, complain);
  if (resolved !== undefined) return resolved.admin;
  throw new UsageError(
    `${path} has errors, so it does not say where sluice listens: put them right, or give --admin ADDRESS`,
  );
}

async function tokenIn(path: string, disk: Disk): Promise<string> {
  let text: string;
  try {
    text = (await disk.readText(path, TOKEN_BYTES_MAX)).trim();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
  if (isToken(text)) return text;
  throw new UsageError(`what "${path}" holds ${TOKEN_FAULT}`);
}

/**
 * Does what a command says.
 *
 * @returns The exit code.
 * @throws {UsageError} if there is no telling where the running sluice is.
 */
export async function administer(
  command: AdminCommand,
  place: CommandPlace,
): Promise<number> {
  const admin = await findAdmin(command.target, place);
  const ask = (question: AdminQuestion): Promise<AdminAnswer> =>
    askAdmin(admin, question, place.clock);
  try {
    switch (command.action) {
      case "reload":
        return await reload(ask, place);
      case "purge":
        return await purge(command.orders, ask, place);
      case "show-upstreams":
        return await showUpstreams(ask, place);
      case "change-server":
        return await changeServer(command, ask, place);
    }
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    place.complain(`sluice: error: ${error.message}`);
    return EXIT_FAILURE;
  }
}

type Ask = (question: AdminQuestion) => Promise<AdminAnswer>;

async function reload(
  ask: Ask,
  { print, complain }: CommandPlace,
): Promise<number> {
  const answer = await ask({ method: "POST", target: "/reload" });
  const said = objectIn(answer);
  if (answer.status === 200 && Array.isArray(said?.changes)) {
    const changes = said.changes.map(String);
    print(
      changes.length === 0
        ? "reloaded: nothing has changed"
        : ["reloaded", ...changes].join("\n"),
    );
    return 0;
  }
  if (!Array.isArray(said?.errors)) return failed(answer, complain);
  for (const line of said.errors) complain(String(line));
  return EXIT_FAILURE;
}

/** The first that fails ends it: what was purged before stays so, and is counted. */
async function purge(
  orders: Extract<AdminCommand, { readonly action: "purge" }>["orders"],
  ask: Ask,
  { print, complain }: CommandPlace,
): Promise<number> {
  let count = 0;
  for (const content of orders) {
    const answer = await ask({ method: "POST", target: "/purge", content });
    const purged = objectIn(answer)?.purged;
    if (answer.status !== 200 || typeof purged !== "number") {
      if (count > 0) print(`purged ${count}`);
      return failed(answer, complain);
    }
    count += purged;
  }
  print(`purged ${count}`);
  return 0;
}

async function showUpstreams(
  ask: Ask,
  { print, complain }: CommandPlace,
): Promise<number> {
  const answer = await ask({ method: "GET", target: "/upstreams" });
  const upstreams = valueIn(answer);
  if (answer.status !== 200 || !Array.isArray(upstreams)) {
    return failed(answer, complain);
  }
  print(
    (upstreams as readonly UpstreamReport[]).flatMap(serverLines).join("\n") ||
      "there are no upstreams",
  );
  return 0;
}

async function changeServer(
  { upstream, server, change }: Extract<
    AdminCommand,
    { readonly action: "change-server" }
  >,
  ask: Ask,
  { print, complain }: CommandPlace,
): Promise<number> {
  const parts = [upstream, server].map(encodeURIComponent);
  const target = `/upstreams/${parts.join("/")}`;
  const answer = await ask({ method: "POST", target, content: change });
  if (answer.status !== 200 || typeof objectIn(answer)?.changed !== "number") {
    return failed(answer, complain);
  }
  const what = "state" in change ? change.state : `weight ${change.weight}`;
  print(`${upstream} ${server}: ${what}`);
  return 0;
}

function failed(
  answer: AdminAnswer,
  complain: (line: string) => void,
): number {
  complain(`sluice: error: ${problemIn(answer)}`);
  return EXIT_FAILURE;
}
