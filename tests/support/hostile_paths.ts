/**
 * Targets that try to get at `secret`, which lies beside the root `www` and in hidden
 * names of it: 200 and more, from what attackers send and from every way to write `../`.
 */

/** A dot, in the ways that some servers read as one. */
const DOTS = [
  ".",
  "%2e",
  "%2E",
  "%252e",
  "%c0%ae",
  "%e0%80%ae",
  "%u002e",
  "0x2e",
];
/** The same for a slash. */
const SLASHES = [
  "/",
  "%2f",
  "%2F",
  "\\",
  "%5c",
  "%5C",
  "%252f",
  "%255c",
  "%c0%af",
  "%e0%80%af",
  "%c1%9c",
  "%u2215",
  "%00/",
  ";/",
  "//",
];

function* generated(): Generator<string> {
  for (const dot of DOTS) {
    for (const slash of SLASHES) {
      yield `/${dot}${dot}${slash}secret`;
      yield `/sub/${dot}${dot}${slash}${dot}${dot}${slash}secret`;
    }
  }
}

/** See the module's comment. */
export const HOSTILE_PATHS: readonly string[] = [
  ...generated(),
  "//etc/passwd",
  "///etc/passwd",
  "/etc/passwd",
  "/./../secret",
  "/.../secret",
  "/..../secret",
  "/..;/secret",
  "/;/../secret",
  "/sub/..%00/../secret",
  "/a/../x/../../secret",
  "/sub/./.././../secret",
  "/file:///etc/passwd",
  "/%2fetc/passwd",
  "/proc/self/environ",
  "/dev/stdin",
  "/C:/Windows/win.ini",
  "/c|/secret",
  "/.git/config",
  "/.git/HEAD",
  "/.GIT/config",
  "/%2egit/config",
  "/%2Egit%2Fconfig",
  "/sub/.env",
  "/.env",
  "/.env.",
  "/.env%20",
  "/.env%00",
  "/.env/",
  "/./.env",
  "/sub/../.env",
  "/.htpasswd",
  "/.well-known/../.env",
  "/.well-known/.env",
  "/.well-known/../../secret",
  "/out",
  "/out/",
  "/out/secret",
  "/outdir",
  "/outdir/",
  "/outdir/secret",
  "/sub/out",
  "/chain",
  "/loop",
  "/loop/",
  "/loop/a",
  "/loop1",
  "/broken",
  "/fifo",
  "/fifo/",
  "/socket",
  "/device",
  "/device/",
  "/zero",
  "/index.html/",
  "/index.html/../../secret",
  "/index.html%00",
  "/index.html%00.txt",
  "/index.html%0a",
  "/index.html::$DATA",
  "/index.html.",
  "/index.html%20",
  "/INDEX.HTML",
  "/index.html~",
  "/%",
  "/%2",
  "/%zz",
  "/%ff%fe",
  "/%ed%a0%80",
  "/\xff\xfe",
  `/${"a".repeat(256)}`,
  `/${"a".repeat(5000)}`,
  `/${"a/".repeat(3000)}`,
  `/${"../".repeat(2000)}secret`,
  `/${"%2e%2e/".repeat(500)}secret`,
  `/sub${"/..".repeat(100)}/secret`,
];
