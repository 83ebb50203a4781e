/** What responses can be purged by together: the members of `Cache-Tag` and `Surrogate-Key` (pure). */

import { FIELD } from "../../http/field.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import { namedText } from "../../http/named_field.ts";

/** Tags of a response that is stored: a purge must find it by any of them, and each takes memory. */
export const TAGS_MAX = 1000;
/** Characters of a tag; a longer one is none. */
const TAG_LENGTH_MAX = 256;
/** The fields that name them. */
export const TAG_FIELDS: readonly string[] = ["cache-tag", "surrogate-key"];

const NO_TAGS: readonly string[] = [];

/** The tags of a response. */
export function tagsOf({ fields }: ResponseHead): readonly string[] {
  if (!fields.has(FIELD.CacheTag) && !fields.has(FIELD.SurrogateKey)) {
    return NO_TAGS;
  }
  return readTags(
    TAG_FIELDS.map((name) => namedText(fields, name) ?? "").join(" "),
  );
}

/** Reads tags that are parted by commas or whitespace. */
export function readTags(text: string): string[] {
  const tags = text.split(/[\s,]+/).filter((tag) =>
    tag !== "" && tag.length <= TAG_LENGTH_MAX
  );
  return [...new Set(tags)];
}
