/** What is wrong with a field section. */

import { HttpError } from "./error.ts";

/** There is more of it than there may be. */
export function tooLarge(bound: string): HttpError {
  return new HttpError(
    "fields_too_large",
    `Field section of more than ${bound}`,
  );
}

/** The byte at `at` cannot be there. */
export function badLine(
  bytes: Uint8Array,
  at: number,
  where: string,
): HttpError {
  const byte = bytes[at]!.toString(16).padStart(2, "0");
  return new HttpError(
    "bad_field_line",
    `Byte 0x${byte} in a field ${where}`,
  );
}
