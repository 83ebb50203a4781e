/** Origins that tell in their content what they were told. */

import { ok, Origin } from "./origin.ts";
import type { Message } from "./peer.ts";

const FRESH = "Cache-Control: max-age=60";

/** As CGI-like origins have it: look-alikes are one variable. */
export function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[_.]/g, "-");
}

/** Says in its content what it was told in the fields that it varies on. */
export function answeringBy(vary: string, seen: Message[]): Origin {
  const names = vary.split(",").map((name) => folded(name.trim()));
  return Origin.answering((request) => {
    seen.push(request);
    const said = names.map((name) => {
      const values = request.fields.filter(([own]) => folded(own) === name);
      return `${name}=${values.map(([, value]) => value).join(", ")}`;
    });
    return ok(said.join("|"), FRESH, `Vary: ${vary}`);
  });
}
