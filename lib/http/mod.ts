/**
 * The grammar of HTTP/1.x for users of the library: heads, framing, the chunked
 * coding, dates, ranges, conditions, structured fields (RFC 9110, 9112, 9651).
 *
 * The program imports the file that owns a name, never this one.
 *
 * @module
 */

export {
  CHUNK_SIZE_BYTES_MAX,
  ChunkedDecoder,
  writeChunkSize,
} from "./chunked.ts";
export {
  allowsRange,
  hasCondition,
  isNotModified,
  isStrongMatch,
  opaqueTag,
  type Validators,
} from "./condition.ts";
export {
  CLOSE,
  connectionOptions,
  isNominated,
  KEEP_ALIVE,
  NOMINATES,
  persists,
  TE,
  UPGRADE,
} from "./connection.ts";
export { formatHttpDate, parseHttpDate } from "./date.ts";
export {
  type ErrorCode,
  type ErrorResponse,
  ERRORS,
  type Fault,
  HttpError,
  type RetryVerdict,
} from "./error.ts";
export { FIELD, fieldIdOf } from "./field.ts";
export {
  contentLength,
  frameRequest,
  frameResponse,
  type Framing,
  NO_BODY,
} from "./framing.ts";
export type { HeadLimits } from "./head.ts";
export { identifyMethod, isIdempotent, isSafe, METHOD } from "./method.ts";
export { ByteWriter } from "./byte_writer.ts";
export { bytesOf, textOf } from "./bytes.ts";
export { type ByteRange, contentRange, parseRange } from "./range.ts";
export { RequestHead } from "./request_head.ts";
export { ResponseHead } from "./response_head.ts";
export { FieldLines } from "./field_lines.ts";
export { KeptSection } from "./kept_section.ts";
export { ReadValues } from "./read_values.ts";
export { FieldSection, type SectionLimits } from "./section.ts";
export { SectionMemory } from "./section_memory.ts";
export { type BareItem, parseDictionary } from "./structured.ts";
export type { Target } from "./target.ts";
