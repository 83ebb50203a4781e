/** The configuration that `sluice init` writes: a few answers in, a commented file out. Pure. */

import { isIp } from "../net/cidr.ts";

/** What visitors get. */
export interface StarterAnswers {
  /** The name that visitors use; undefined for this machine only. */
  readonly domain: string | undefined;
  /** Servers behind sluice. With a folder as well, they answer below `/api`. */
  readonly upstreams: readonly string[];
  /** A folder of files; undefined for none. */
  readonly files: string | undefined;
  /** Where the authority writes if something is wrong with a certificate. */
  readonly email: string | undefined;
}

/** Ends of names that no authority gives certificates for (RFC 6761, RFC 6762, RFC 9476). */
const PRIVATE_ENDS: readonly string[] = [
  "alt",
  "example",
  "home",
  "internal",
  "invalid",
  "lan",
  "local",
  "localhost",
  "onion",
  "test",
];

/** Whether an authority may give a certificate for a name. */
export function isPublicName(domain: string): boolean {
  const labels = domain.split(".");
  return labels.length > 1 && !PRIVATE_ENDS.includes(labels.at(-1)!) &&
    !isIp(domain) && !domain.startsWith("[");
}

/**
 * The text of a file: JSON with comments.
 *
 * @param name The file, for the command in its first line.
 */
export function starterText(name: string, answers: StarterAnswers): string {
  const { domain = "*", upstreams } = answers;
  const parts = [
    listening(answers),
    process(answers),
    ...(upstreams.length > 1 ? [servers(upstreams)] : []),
    [
      `"hosts": {`,
      `  ${quoted(domain)}: {`,
      ...indented(indented(host(answers))),
      `  }`,
      `}`,
    ],
  ];
  const body = parts.flatMap((part, at) =>
    indented(
      at < parts.length - 1
        ? [...part.slice(0, -1), `${part.at(-1)},`, ""]
        : part,
    )
  );
  return [
    `// Made by: sluice init. Start it: sluice --config ${oneLine(name)}`,
    "// Every key and its default: sluice help configuration",
    "{",
    ...body,
    "}",
    "",
  ].join("\n");
}

function listening({ domain, email }: StarterAnswers): string[] {
  if (domain === undefined) {
    return [
      '// This machine only; ":80" is for everybody.',
      `"listen": "127.0.0.1:8000"`,
    ];
  }
  if (!isPublicName(domain)) {
    return [
      "// No authority gives a certificate for this name. To use your own, add:",
      `// "tls": { "certificates": "/etc/ssl/sluice/*.pem" }, and "https": ":443".`,
      `"listen": { "http": ":80" }`,
    ];
  }
  const acme = email === undefined ? "true" : `{ "email": ${quoted(email)} }`;
  return [
    "// Port 80 redirects to HTTPS, and answers the authority's questions.",
    `"listen": { "http": ":80", "https": ":443" },`,
    "",
    "// Certificates come from Let's Encrypt, and are renewed in time.",
    `"tls": { "acme": ${acme}, "hsts": "1d" }`,
  ];
}

function process({ domain }: StarterAnswers): string[] {
  return [
    ...(domain === undefined ? [] : [
      "// A thread for each core (Linux), with one cache for all of them.",
      `"workers": "auto",`,
      "",
    ]),
    "// For you alone: metrics, purging, reloading, and why a page was not cached.",
    "// sluice explain, purge and reload find it by this file.",
    `"admin": { "listen": "127.0.0.1:2020" }`,
  ];
}

function servers(urls: readonly string[]): string[] {
  return [
    "// The one with the fewest requests is asked; one that fails is left out for a while.",
    `"upstreams": {`,
    `  "app": {`,
    `    "servers": [`,
    ...urls.map((url, at) =>
      `      ${quoted(url)}${at < urls.length - 1 ? "," : ""}`
    ),
    `    ]`,
    `    // "health": { "path": "/healthz" }`,
    `  }`,
    `}`,
  ];
}

/** What the host has. */
function host({ upstreams, files }: StarterAnswers): string[] {
  const [first] = upstreams;
  const target = upstreams.length > 1 ? "app" : first;
  if (files === undefined) {
    return [
      "// What the application says about caching holds. For pages that say nothing,",
      `// this keeps them for a minute: "cache": { "ttl": "1m", "stale": "1d" }`,
      `"proxy": ${quoted(target ?? "")}`,
    ];
  }
  const folder = [
    "// A folder, as seen from this file. Paths without a file get index.html: for an",
    '// application in the browser. Leave "fallback" out for a plain site.',
    `"/": { "files": { "root": ${quoted(files)}, "fallback": "/index.html" } }`,
  ];
  if (target === undefined) return folder;
  return [
    ...folder.slice(0, -1),
    `${folder.at(-1)},`,
    "",
    `// The server gets /api/users as /users; without "rewrite", as it is.`,
    `"/api/*": { "proxy": ${quoted(target)}, "rewrite": { "strip": "/api" } }`,
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => line === "" ? "" : `  ${line}`);
}

/** As JSON. A variable of the environment is not meant by `${`. */
function quoted(text: string): string {
  return JSON.stringify(text.replaceAll("${", "$$${"));
}

/** A name that cannot end the comment that it is in. */
function oneLine(name: string): string {
  // deno-lint-ignore no-control-regex -- it is what a comment must not hold
  return name.replaceAll(/[\x00-\x1f\x7f\u2028\u2029]/g, "?");
}
