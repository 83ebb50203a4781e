/** What tells the requests of a limit apart. */

import { cookiesCalled } from "../../cache/policy/cookies.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { clientOf } from "../../exchange/forwarded.ts";
import { FIELD } from "../../http/field.ts";
import { hasNamed, namedLines, singleValue } from "../../http/named_field.ts";
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
      return (x) => textOfHeader(x, name);
    case "cookie":
      return (x) => textOfCookie(x, name);
    default:
      return () => "";
  }
}

function textOfHeader(x: Exchange, name: string): string {
  const { fields } = x.request;
  const value = singleValue(fields, name);
  if (value !== undefined) return value;
  return hasNamed(fields, name) ? textOfSeveral(x) : "";
}

function textOfCookie(x: Exchange, name: string): string {
  const { fields } = x.request;
  if (!fields.has(FIELD.Cookie)) return "";
  const text = cookiesCalled(name, namedLines(fields, "cookie")) ?? "";
  return text.includes(";") ? textOfSeveral(x) : text;
}

/**
 * For a request with several values, of which nobody knows which one counts for the
 * origin: with another one beside its own each time, a client would never be limited.
 */
function textOfSeveral(x: Exchange): string {
  return `\0${textOfClient(x)}`; // which no value can be
}

function textOfClient(x: Exchange): string {
  const { address, isKnown } = clientOf(x);
  return isKnown ? clients.of(address) : "";
}
