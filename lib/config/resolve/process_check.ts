/** What is wrong with listeners, certificates and admin when they are seen together. */

import { formatSocketAddress } from "../../net/address.ts";
import { isToken, TOKEN_FAULT } from "../admin_token.ts";
import { isOnThisMachine } from "../address_values.ts";
import { type Node, nodeAt, problemAt } from "../file/node.ts";
import type { Problem, ValuePath } from "../file/place.ts";
import { visitValues } from "../file/visit.ts";
import type { ResolvedConfig, ResolvedTls } from "../resolved.ts";
import { isTrue } from "./written_values.ts";

/** The problems of the process. */
export function processProblems(
  root: Node,
  config: ResolvedConfig,
): Problem[] {
  return [
    ...addressProblems(root, config),
    ...certificateProblems(root, config),
    ...acmeProblems(root, config),
    ...hostTlsProblems(root, config),
    ...adminProblems(root, config),
    ...sharedLimitProblems(root, config),
  ];
}

/** What is wrong at a path, which is there. */
function at(
  root: Node,
  path: ValuePath,
  message: string,
  what?: "name",
): Problem {
  return problemAt(nodeAt(root, path)!, path, message, what);
}

/** The same address twice: we would find it in use ourselves. */
function addressProblems(root: Node, { listen }: ResolvedConfig): Problem[] {
  const names = listen.map(({ address }) => formatSocketAddress(address))
    .filter((name) => !name.endsWith(":0"));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) =>
    at(root, ["listen"], `"${name}" is given twice`)
  );
}

/** HTTPS without certificates: nobody could connect. */
function certificateProblems(
  root: Node,
  { listen, tls, hosts }: ResolvedConfig,
): Problem[] {
  const hasSource = [tls, ...hosts.map(({ tls }) => tls)].some((tls) =>
    tls !== undefined &&
    (tls.internal || tls.acme !== undefined || hasFiles(tls))
  );
  if (hasSource || !listen.some(({ secure }) => secure)) return [];
  return [
    at(
      root,
      ["listen", "https"],
      'needs certificates: write tls.certificates, tls.acme, or "tls": "internal" for development',
    ),
  ];
}

function hasFiles(tls: ResolvedTls | undefined): boolean {
  return tls !== undefined && tls.certificates.length > 0;
}

/** The authority wants a DNS record for a wildcard, which sluice cannot write. */
function acmeProblems(
  root: Node,
  { tls, hosts, listen }: ResolvedConfig,
): Problem[] {
  const orders = [tls, ...hosts.map(({ tls }) => tls)].some((tls) => tls?.acme);
  const hasPlain = listen.some(({ secure, address }) =>
    !secure && address.transport === "tcp"
  );
  if (orders && !hasPlain) {
    const message =
      "ACME needs listen.http, too: the authority asks there (port 80) whether a name is ours";
    return [at(root, ["listen"], message, "name")];
  }
  return hosts.filter(({ names, tls: own }) =>
    names.some((name) => name.startsWith("*.")) &&
    (own ?? tls)?.acme !== undefined && !hasFiles(tls) && !hasFiles(own)
  ).map(({ key }) =>
    at(
      root,
      ["hosts", key],
      "ACME has no certificates for wildcards without DNS, which sluice does not write: give this host tls.certificates",
      "name",
    )
  );
}

/** What holds before a client has named its host cannot be one host's. */
function hostTlsProblems(root: Node, { hosts }: ResolvedConfig): Problem[] {
  return hosts.flatMap(({ key }) =>
    ["unknown", "minVersion"].flatMap((option) => {
      const path = ["hosts", key, "tls", option];
      if (nodeAt(root, path) === undefined) return [];
      const message = "can be set at the top only: it holds for all hosts";
      return [at(root, path, message, "name")];
    })
  );
}

/** Anyone who reaches the admin listener may steer sluice. */
function adminProblems(
  root: Node,
  { admin, listen }: ResolvedConfig,
): Problem[] {
  if (admin === undefined) return [];
  const problems: Problem[] = [];
  if (admin.token === undefined && !isOnThisMachine(admin.address)) {
    const message =
      "needs a token, because it listens on more than this machine's own address";
    problems.push(at(root, ["admin"], message, "name"));
  }
  if (admin.token?.kind === "text" && !isToken(admin.token.text)) {
    problems.push(at(root, ["admin", "token"], TOKEN_FAULT));
  }
  const name = formatSocketAddress(admin.address);
  const isTaken = !name.endsWith(":0") &&
    listen.some(({ address }) => formatSocketAddress(address) === name);
  if (isTaken) {
    const message = `"${name}" is where clients are accepted`;
    problems.push(at(root, ["admin", "listen"], message));
  }
  return problems;
}

/** Counts are shared through the shared cache. */
function sharedLimitProblems(
  root: Node,
  { cache }: ResolvedConfig,
): Problem[] {
  const problems: Problem[] = [];
  if (cache.shared !== undefined) return problems;
  visitValues(root, (node, path, name) => {
    if (name === "limit.shared" && isTrue(node)) {
      problems.push(
        problemAt(node, path, "needs cache.shared, through which it counts"),
      );
    }
    return true;
  });
  return problems;
}
