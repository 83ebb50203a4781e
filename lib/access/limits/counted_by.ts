/** What tells the requests of a limit apart. */

import { cookiesCalled } from "../../cache/policy/cookies.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { clientOf } from "../../exchange/forwarded.ts";
import { FIELD } from "../../http/field.ts";
import { namedLines, namedText } from "../../http/named_field.ts";
import { ClientTexts } from "./limit_key.ts";

const clients = new ClientTexts();

/** Compiles the question what a request is counted by: those with the same text are counted together. */
export function countedBy(by: string): (x: Exchange) => string {
  const [kind, ...rest] = by.split(":");
  const name = rest.join(":");
  switch (kind) {
    case "client":
      return textOfClient;
    case "user":
      return ({ user }) => user;
    case "header":
      return ({ request }) => namedText(request.fields, name) ?? "";
    case "cookie":
      return ({ request: { fields } }) =>
        fields.has(FIELD.Cookie)
          ? cookiesCalled(name, namedLines(fields, "cookie")) ?? ""
          : "";
    default:
      return () => "";
  }
}

function textOfClient(x: Exchange): string {
  const { address, isKnown } = clientOf(x);
  return isKnown ? clients.of(address) : "";
}
