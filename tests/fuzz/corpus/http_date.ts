/** Dates, read in November 2026. */

import type { Seed } from "../seed.ts";

/** Everything that dates are fuzzed from. */
export const HTTP_DATES: readonly Seed[] = [
  {
    name: "IMF-fixdate",
    input: "Sun, 06 Nov 1994 08:49:37 GMT",
    expect: "1994-11-06T08:49:37.000Z",
  },
  {
    name: "RFC 850",
    input: "Sunday, 06-Nov-94 08:49:37 GMT",
    expect: "1994-11-06T08:49:37.000Z",
  },
  {
    name: "RFC 850, this century",
    input: "Sunday, 06-Nov-50 08:49:37 GMT",
    expect: "2050-11-06T08:49:37.000Z",
  },
  {
    name: "asctime",
    input: "Sun Nov  6 08:49:37 1994",
    expect: "1994-11-06T08:49:37.000Z",
  },
  {
    name: "the epoch",
    input: "Thu, 01 Jan 1970 00:00:00 GMT",
    expect: "1970-01-01T00:00:00.000Z",
  },
  {
    name: "a leap second",
    input: "Sat, 31 Dec 2016 23:59:60 GMT",
    expect: "2017-01-01T00:00:00.000Z",
  },
  {
    name: "a leap day",
    input: "Thu, 29 Feb 2024 12:00:00 GMT",
    expect: "2024-02-29T12:00:00.000Z",
  },
  {
    name: "the year 99",
    input: "Thu, 01 Jan 0099 00:00:00 GMT",
    expect: "0099-01-01T00:00:00.000Z",
  },
  { name: "Expires: 0", input: "0", expect: "invalid" },
  { name: "Expires: -1", input: "-1", expect: "invalid" },
  {
    name: "no leap day",
    input: "Wed, 29 Feb 2023 12:00:00 GMT",
    expect: "invalid",
  },
  {
    name: "another zone",
    input: "Sun, 06 Nov 1994 08:49:37 UTC",
    expect: "invalid",
  },
  {
    name: "an offset",
    input: "Sun, 06 Nov 1994 08:49:37 +0100",
    expect: "invalid",
  },
  {
    name: "ISO 8601",
    input: "1994-11-06T08:49:37Z",
    expect: "invalid",
  },
  {
    name: "a day of one digit",
    input: "Sun, 6 Nov 1994 08:49:37 GMT",
    expect: "invalid",
  },
  {
    name: "an hour that there is not",
    input: "Sun, 06 Nov 1994 24:00:00 GMT",
    expect: "invalid",
  },
  {
    name: "a month in lower case",
    input: "Sun, 06 nov 1994 08:49:37 GMT",
    expect: "1994-11-06T08:49:37.000Z",
  },
];
