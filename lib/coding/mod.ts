/**
 * Content codings for users of the library: which one to use, whether to use one, and
 * how (RFC 9110 §8.4, §12.5.3).
 *
 * The program imports the file that owns a name, never this one.
 *
 * @module
 */

export {
  COMPRESSIBLE_TYPES,
  type Eligibility,
  isEligible,
} from "./eligible.ts";
export {
  type Bounds,
  decode,
  encode,
  Encoder,
  NoRoomError,
  type Pace,
} from "./encoder.ts";
export { varyWithCoding, weakened } from "./fields.ts";
export { askedCoding, type Coding, CODINGS, negotiate } from "./negotiate.ts";
