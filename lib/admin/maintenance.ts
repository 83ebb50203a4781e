/** `/maintenance`: whether every request is told that maintenance is on, and the switch. */

import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
} from "./resource.ts";

/** Says how the switch stands. */
export function readMaintenance({ administered }: AdminRequest): AdminReply {
  return jsonReply(200, { on: administered.isInMaintenance });
}

/** Turns the switch: the content is `{ "on": true }` or `{ "on": false }`. */
export async function changeMaintenance(
  { administered, content }: AdminRequest,
): Promise<AdminReply> {
  const isOn = switchIn(content);
  if (isOn === undefined) {
    return problemReply(400, 'expected { "on": true } or { "on": false }');
  }
  await administered.setMaintenance(isOn);
  return jsonReply(200, { on: isOn });
}

function switchIn(content: string): boolean | undefined {
  try {
    const { on, ...others } = JSON.parse(content);
    const isKnown = typeof on === "boolean" &&
      Object.keys(others).length === 0;
    return isKnown ? on : undefined;
  } catch {
    return undefined;
  }
}
