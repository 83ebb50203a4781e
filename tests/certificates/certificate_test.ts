/** Certificates in PEM: what is read, and what is wrong in words. */

import {
  readCertificate,
  splitPem,
} from "../../lib/certificates/certificate.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { CertificateTable } from "../../lib/certificates/table.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const NOW = Date.UTC(2026, 0, 1);
const A = await makeSelfSigned(NOW, ["A.test", "*.a.test", "192.0.2.1"]);
const B = await makeSelfSigned(NOW, ["b.test"]);

Deno.test("one file may hold chain and key, in any order", () => {
  const texts = [A.cert + A.key, A.key + A.cert, `x\n${A.cert}\n${A.key}y`];
  for (const text of texts) {
    const { cert, key } = splitPem(text, text, "a.pem");
    assertEquals([cert.trim(), key.trim()], [A.cert.trim(), A.key.trim()]);
  }
  const chain = splitPem(A.cert + B.cert, A.key, "a.pem");
  assertEquals(readCertificate(chain).names[0], "a.test");
});

Deno.test("a certificate tells its names, in lower case, and its life", () => {
  const day = 86_400_000;
  assertEquals(readCertificate(A), {
    names: ["a.test", "*.a.test", "192.0.2.1"],
    notBeforeMs: NOW - day,
    notAfterMs: NOW + 397 * day,
  });
});

Deno.test("the one of our own making is for this machine", async () => {
  assertEquals(readCertificate(await makeSelfSigned(NOW)).names, [
    "localhost",
    "*.localhost",
    "127.0.0.1",
    "::1",
  ]);
});

const encrypted = A.key.replaceAll("PRIVATE", "ENCRYPTED PRIVATE");
const ROWS: readonly [string, string, string, RegExp][] = [
  ["nothing", "", "", /no PEM certificate/],
  ["no key", A.cert, A.cert, /no private key/],
  ["two keys", A.cert, A.key + B.key, /several private keys/],
  ["an encrypted key", A.cert, encrypted, /encrypted/],
  ["another's key", A.cert, B.key, /does not belong/],
  [
    "a key without sense",
    A.cert,
    A.key.replace(/\w{20}/, "A"),
    /does not belong/,
  ],
  ["a damaged one", A.cert.replace(/\n\w{30}/, "\n"), A.key, /damaged/],
];

for (const [name, cert, key, message] of ROWS) {
  Deno.test(`what is wrong: ${name}`, () => {
    assertThrows(
      () => readCertificate(splitPem(cert, key, "x")),
      SyntaxError,
      undefined,
    );
    try {
      readCertificate(splitPem(cert, key, "x"));
    } catch (error) {
      assertEquals(message.test((error as Error).message), true);
    }
  });
}

Deno.test("a table names the source of what is wrong", () => {
  const broken = { ...A, key: B.key, source: "/etc/a.pem" };
  assertThrows(
    () =>
      new CertificateTable({
        certificates: [B, broken],
        unknown: "default",
        needsTls13: false,
      }),
    SyntaxError,
    "/etc/a.pem: the private key does not belong to the certificate",
  );
});
