/**
 * Wall-clock time, and the `Date` field's octets, made once a second.
 *
 * What needs to be exact to the millisecond reads `Date.now()` itself.
 */

import { formatHttpDate } from "../http/date.ts";
import { octetsOf } from "../http/octets.ts";

let dateSecond = -1;
let dateOctets: Uint8Array = new Uint8Array(0);

/** The octets of the current `HTTP-date`; shared, not to be changed. */
export function httpDateOctets(): Uint8Array {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateOctets = octetsOf(formatHttpDate(second * 1000));
  }
  return dateOctets;
}
