/** The resources of the admin listener, by path: a new one gets its line here. */

import { livePage, readLive, wantsPage } from "./live_page.ts";
import { changeMaintenance, readMaintenance } from "./maintenance.ts";
import { purge } from "./purge.ts";
import { readMetrics, readSummary } from "./metrics.ts";
import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
  type ResourceMethods,
  textReply,
} from "./resource.ts";
import { followRequest, readExplanation } from "./explanations.ts";
import { stop } from "./stop.ts";
import { changeUpstreams, readUpstreams } from "./upstreams.ts";

/** Resources by path. */
export type Resources = ReadonlyMap<string, ResourceMethods>;

/** What there is. */
export const RESOURCES: Resources = new Map<string, ResourceMethods>([
  ["/", { read: home }],
  ["/live", { read: readLive, hasParts: true }],
  ["/livez", { read: () => textReply(200, "ok\n"), isOpen: true }],
  ["/readyz", { read: readiness, isOpen: true }],
  ["/healthz", { read: readiness, isOpen: true }],
  ["/version", { read: version }],
  ["/config", { read: configuration }],
  ["/explain", {
    read: readExplanation,
    change: followRequest,
    hasParts: true,
  }],
  ["/upstreams", {
    read: readUpstreams,
    change: changeUpstreams,
    hasParts: true,
  }],
  ["/maintenance", { read: readMaintenance, change: changeMaintenance }],
  ["/purge", { change: purge }],
  ["/metrics", { read: readMetrics }],
  ["/summary", { read: readSummary }],
  ["/reload", { change: reload }],
  ["/stop", { change: stop }],
]);

/** The live page for browsers; others are told what there is. */
async function home(request: AdminRequest): Promise<AdminReply> {
  return wantsPage(request) ? await livePage(request) : index(request);
}

/** What there is, for those who have nothing but the address. */
function index({ administered }: AdminRequest): AdminReply {
  const lines = [...RESOURCES].map(([path, { read, change }]) =>
    [read && "GET", change && "POST"].filter(Boolean).join(", ") + ` ${path}\n`
  );
  return textReply(200, `sluice ${administered.version}\n\n${lines.join("")}`);
}

function readiness({ administered }: AdminRequest): AdminReply {
  const { isReady, reasons } = administered.readiness();
  return isReady
    ? textReply(200, "ready\n")
    : textReply(503, reasons.map((reason) => `${reason}\n`).join(""));
}

function version({ administered }: AdminRequest): AdminReply {
  const { version, listen } = administered;
  return jsonReply(200, { version, listen });
}

async function configuration(
  { administered }: AdminRequest,
): Promise<AdminReply> {
  const content = `${await administered.configuration()}\n`;
  return { status: 200, type: "application/json", content };
}

/** 422 for a configuration with errors, 409 for one that this process cannot take. */
async function reload({ administered }: AdminRequest): Promise<AdminReply> {
  const result = await administered.reload();
  switch (result.kind) {
    case "reloaded":
      return jsonReply(200, { reloaded: true, changes: result.changes });
    case "invalid":
      return jsonReply(422, { reloaded: false, errors: result.errors });
    case "refused":
      return jsonReply(409, { reloaded: false, errors: result.errors });
  }
}

/** What a request asks for: the resource, and what is behind its path. */
export function findResource(
  resources: Resources,
  path: string,
): { readonly methods: ResourceMethods; readonly rest: string } | undefined {
  const exact = resources.get(path);
  if (exact !== undefined) return { methods: exact, rest: "" };
  const end = path.indexOf("/", 1);
  const methods = end < 0 ? undefined : resources.get(path.slice(0, end));
  return methods?.hasParts === true
    ? { methods, rest: path.slice(end) }
    : undefined;
}

/** 404, with what there is. */
export function noResource(resources: Resources): AdminReply {
  const paths = [...resources.keys()].join(" ");
  return problemReply(404, `there is no such resource; there are ${paths}`);
}
