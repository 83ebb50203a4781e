/**
 * The decisions of a shared cache for users of the library: what may be stored, what
 * may be used, what is updated, and what is said about it (RFC 9111, 5861, 9211, 9213).
 *
 * The store itself is no part of it: it belongs to the program. The program imports
 * the file that owns a name, never this one.
 *
 * @module
 */

export {
  CACHE_NAME,
  type Forwarding,
  type ForwardReason,
  forwardStatus,
  keyParameter,
} from "./cache_status.ts";
export {
  type Directives,
  isUnqualified,
  namedFields,
  NO_DIRECTIVES,
  parseDirectives,
  parseTargeted,
  SECONDS_MAX,
  secondsOf,
} from "./directives.ts";
export {
  isSameRepresentation,
  type UpdateLines,
  validatorMatches,
  writeFreshenedHead,
  writeStoredHead,
} from "./freshen.ts";
export {
  directivesOf,
  type FreshnessPolicy,
  isHeuristicallyCacheable,
  type Metadata,
  readMetadata,
  type StatedDirectives,
  statedDirectives,
  type Times,
} from "./metadata.ts";
export {
  currentAge,
  mayServeStale,
  remainingLifetime,
  type Reuse,
  reuse,
  STALE_MS_MAX,
  staleDecision,
} from "./reuse.ts";
export {
  type Decision,
  type Reason,
  REASON_CODES,
  REASONS,
} from "../../reasons/reason.ts";
export type { ReasonGroup, ReasonRow } from "../../reasons/row.ts";
export {
  mayStore,
  type SetCookiePolicy,
  type StorableRequest,
  withheldFields,
} from "./storable.ts";
export {
  isSameSelection,
  type Selecting,
  selectingFields,
  type SelectingRequest,
  selects,
} from "./vary.ts";
