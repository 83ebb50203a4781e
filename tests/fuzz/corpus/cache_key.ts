/** Targets, and the path and query by which what they bring is found. */

import type { Seed } from "../seed.ts";

/** Everything that keys are fuzzed from. */
export const CACHE_KEYS: readonly Seed[] = [
  { name: "the root", input: "/", expect: "/" },
  { name: "nothing", input: "", expect: "/" },
  { name: "only a query", input: "?a=b", expect: "/?a=b" },
  { name: "a query", input: "/a?b=c&d=e", expect: "/a?b=c&d=e" },
  { name: "an empty query is one", input: "/a?", expect: "/a?" },
  {
    name: "what need not be encoded stays as it came",
    input: "/%7euser/%41?q=%2d",
    expect: "/%7euser/%41?q=%2d",
  },
  {
    name: "what must be encoded",
    input: "/a%2fb%3f%c3%bc",
    expect: "/a%2fb%3f%c3%bc",
  },
  {
    name: "dot segments",
    input: "/static/../admin/./x",
    expect: "/admin/x",
  },
  {
    name: "dot segments, encoded",
    input: "/static/%2e%2E/admin",
    expect: "/admin",
  },
  {
    name: "dot segments, encoded twice",
    input: "/static/%252e%252e/admin",
    expect: "/static/%252e%252e/admin",
  },
  {
    name: "dot segments behind an encoded slash",
    input: "/static/..%2fadmin",
    expect: "/static/..%2fadmin",
  },
  { name: "above the root", input: "/../../etc", expect: "/etc" },
  { name: "dots in a query", input: "/a?b=/../c", expect: "/a?b=/../c" },
  { name: "a dot file", input: "/.well-known/x", expect: "/.well-known/x" },
  { name: "dots at the end", input: "/a/b/..", expect: "/a/" },
  { name: "two slashes", input: "//a//b", expect: "//a//b" },
  {
    name: "a path parameter, as for cache deception",
    input: "/account;/a.css",
    expect: "/account;/a.css",
  },
  {
    name: "a percent sign that encodes nothing",
    input: "/%zz/%2e%2e/%4",
    expect: "/%4",
  },
  {
    name: "case means something",
    input: "/A?B=C",
    expect: "/A?B=C",
  },
];
