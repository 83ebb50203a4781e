/** The schema of `when`: what a request must be for a route, or a server, to be chosen. */

import { parseMethod } from "../written.ts";
import { isToken } from "../../http/bytes.ts";
import {
  about,
  either,
  list,
  object,
  oneOrMore,
  type Schema,
  table,
  text,
  yes,
} from "./kinds.ts";
import { CIDRS, TEXT } from "./values.ts";

const VALUE: Schema = either(
  "text (which may end with *), a list of texts, or true",
  TEXT,
  list(TEXT, "texts"),
  yes(),
).meta({
  id: "Condition",
  description:
    "A value that must be there: text, which may end with `*`; a list, of which one must hold; `true` if any value will do.",
});

function names(what: string, key: (name: string) => void): Schema {
  return table({ accepts: `an object from ${what} to values`, key }, VALUE);
}

function tokenFor(what: string): (name: string) => void {
  return (name) => {
    if (!isToken(name)) {
      throw new SyntaxError(`"${name}" is not the name of a ${what}`);
    }
  };
}

/** Conditions that must all hold. */
export const WHEN: Schema = object({
  id: "When",
  description: "Conditions on a request, all of which must hold.",
}, {
  method: about(
    "Its method, or a list of them.",
    oneOrMore(
      text({ accepts: "a method like GET", read: parseMethod }),
      "methods like GET",
    ),
  ),
  header: about("Its headers.", names("names of headers", tokenFor("header"))),
  query: about(
    "The parameters of its query.",
    names("names of parameters", () => {}),
  ),
  cookie: about(
    "Its cookies. A name may end with `*`.",
    names("names of cookies", tokenFor("cookie")),
  ),
  client: about("Addresses of the client.", CIDRS),
});
