/** The word that was probably meant. */

/**
 * The candidate with the fewest edits between it and the word, whatever the case.
 *
 * @param editsMax Edits beyond which nothing is alike.
 * @returns Undefined if none is near enough.
 */
export function nearest<Word extends string>(
  word: string,
  candidates: readonly Word[],
  editsMax: number,
): Word | undefined {
  let found: Word | undefined;
  let least = editsMax + 1;
  for (const candidate of candidates) {
    // Words that differ by more letters cannot be near; this makes long words cheap.
    if (Math.abs(word.length - candidate.length) >= least) continue;
    const distance = editDistance(
      word.toLowerCase(),
      candidate.toLowerCase(),
    );
    // Of a short word, something must be left: x does not mean top.
    const length = Math.max(word.length, candidate.length);
    if (distance < least && distance * 2 <= length + 1) {
      least = distance;
      found = candidate;
    }
  }
  return found;
}

/** `; did you mean …?`, or nothing. */
export function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
}

/** Levenshtein distance of two short words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
