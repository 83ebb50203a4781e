/**
 * `HTTP-date` (RFC 9110 §5.6.7): written as IMF-fixdate, read in all three formats.
 *
 * Reading is exact where exactness is cheap to ask for: a date that does not match
 * its grammar is invalid, and what an invalid date means is up to its field.
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

const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";
const MONTH = `(?<month>${MONTHS.join("|")})`;
const IMF_FIXDATE = new RegExp(
  `^(?:${
    DAYS.join("|")
  }), (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
);
const RFC850_DATE = new RegExp(
  `^(?:${
    DAYS_LONG.join("|")
  }), (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
);
const ASCTIME_DATE = new RegExp(
  `^(?:${
    DAYS.join("|")
  }) ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`,
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
  const groups = (IMF_FIXDATE.exec(text) ?? RFC850_DATE.exec(text) ??
    ASCTIME_DATE.exec(text))
    ?.groups;
  if (groups === undefined) return undefined;
  const month = MONTHS.indexOf(groups.month!);
  const day = Number(groups.day);
  const time = [
    Number(groups.hour),
    Number(groups.minute),
    Number(groups.second),
  ] as const;
  if (time[0] > 23 || time[1] > 59 || time[2] > 60) return undefined; // 60: a leap second
  const year = groups.year!.length === 2
    ? centuryOf(Number(groups.year), month, day, nowMs)
    : Number(groups.year);
  const midnight = Date.UTC(year, month, day);
  const date = new Date(midnight);
  if (year < 100) date.setUTCFullYear(year); // Date.UTC reads 0 to 99 as 1900 to 1999
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month) {
    return undefined;
  }
  return date.getTime() + ((time[0] * 60 + time[1]) * 60 + time[2]) * 1000;
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
