/**
 * `HTTP-date` (RFC 9110 §5.6.7): written as IMF-fixdate, read in all three formats.
 *
 * Reading is exact except for case, which a cache ignores (RFC 9111 §4.2). A date that
 * does not match its grammar is invalid; each field decides what an invalid date means.
 */

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const DAYS_LONG = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

const IMF_FIXDATE = "Sun, 06 Nov 1994 08:49:37 GMT";
const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";
const MONTH = `(?<month>${MONTHS.join("|")})`;
const RFC850_DATE = new RegExp(
  `^(?:${
    DAYS_LONG.join("|")
  }), (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
  "i",
);
const ASCTIME_DATE = new RegExp(
  `^(?:${
    DAYS.join("|")
  }) ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`,
  "i",
);

/**
 * Formats a time as IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
 *
 * @param ms Milliseconds since the epoch; the part below a second is dropped.
 */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/**
 * Reads an `HTTP-date`.
 *
 * @param text The whole field value.
 * @param nowMs Decides the century of the RFC 850 format's two-digit year: a date
 *   more than 50 years ahead is in the past (RFC 9110 §5.6.7).
 * @returns Milliseconds since the epoch; undefined if it is not a valid date.
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  if (text.length === IMF_FIXDATE.length) {
    return parseImfFixdate(text) ?? parseImfFixdate(inUsualCase(text));
  }
  const groups = (RFC850_DATE.exec(text) ?? ASCTIME_DATE.exec(text))?.groups;
  if (groups === undefined) return undefined;
  const month = MONTHS.indexOf(capitalised(groups.month!));
  const day = Number(groups.day);
  const year = groups.year!.length === 2
    ? centuryOf(Number(groups.year), month, day, nowMs)
    : Number(groups.year);
  const hour = Number(groups.hour);
  return instantOf(year, month, day, [
    hour,
    Number(groups.minute),
    Number(groups.second),
  ]);
}

/** The usual format, without a regular expression: every response has one. */
function parseImfFixdate(text: string): number | undefined {
  const isShaped = DAYS.includes(text.slice(0, 3)) &&
    text.startsWith(", ", 3) &&
    text[7] === " " && text[11] === " " && text[16] === " " &&
    text[19] === ":" && text[22] === ":" && text.endsWith(" GMT");
  const month = MONTHS.indexOf(text.slice(8, 11));
  const numbers = [
    digitsAt(text, 5, 2),
    digitsAt(text, 12, 4),
    digitsAt(text, 17, 2),
    digitsAt(text, 20, 2),
    digitsAt(text, 23, 2),
  ] as const;
  if (!isShaped || month < 0 || numbers.includes(NaN)) return undefined;
  const [day, year, ...time] = numbers;
  return instantOf(year, month, day, time);
}

/** An IMF-fixdate in the case in which it is written; dates that are not are rare. */
function inUsualCase(text: string): string {
  return capitalised(text.slice(0, 8)) + capitalised(text.slice(8, 11)) +
    text.slice(11).toUpperCase();
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** The value of `count` digits at `start`; NaN if one of them is not a digit. */
function digitsAt(text: string, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Milliseconds since the epoch; undefined if there is no such day or time. */
function instantOf(
  year: number,
  month: number,
  day: number,
  [hour, minute, second]: readonly [number, number, number],
): number | undefined {
  if (hour > 23 || minute > 59 || second > 60) return undefined; // 60: a leap second
  const midnight = Date.UTC(year, month, day);
  const date = new Date(midnight);
  if (year < 100) date.setUTCFullYear(year); // Date.UTC reads 0 to 99 as 1900 to 1999
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month) {
    return undefined;
  }
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}

function centuryOf(
  year: number,
  month: number,
  day: number,
  nowMs: number,
): number {
  const now = new Date(nowMs);
  let full = now.getUTCFullYear() - (now.getUTCFullYear() % 100) + year;
  const fiftyYearsAhead = Date.UTC(
    now.getUTCFullYear() + 50,
    now.getUTCMonth(),
    now.getUTCDate(),
  );
  if (Date.UTC(full, month, day) > fiftyYearsAhead) full -= 100;
  return full;
}
