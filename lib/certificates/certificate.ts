/** One certificate with its key: reads it from PEM (RFC 7468), and tells what is wrong with it. */

// deno-lint-ignore no-external-import -- a part of the runtime
import type { X509Certificate } from "node:crypto";
import { namesOf } from "../net/certificate_names.ts";
import { nodeModule } from "../net/node_module.ts";

/** A certificate as it was found: plain data, which can be posted to a worker. */
export interface CertificateText {
  /** The chain, the server's own certificate first, in PEM. */
  readonly cert: string;
  /** The private key, in PEM. */
  readonly key: string;
  /** Where it is from, for the operator. */
  readonly source: string;
}

/** What a certificate says. */
export interface CertificateFacts {
  /** In lower case: names, `*.name`, IP addresses. */
  readonly names: readonly string[];
  /** In ms since the epoch. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END ([A-Z0-9 ]+)-----/g;

/**
 * Finds chain and key in a text that may hold both.
 *
 * @param keyText Where the key is, if it is elsewhere.
 * @throws {SyntaxError} if one of them is missing, or there are several keys, or the key
 *   is encrypted.
 */
export function splitPem(
  text: string,
  keyText: string,
  source: string,
): CertificateText {
  const chain = blocksOf(text).filter(({ label }) => label === "CERTIFICATE");
  const keys = blocksOf(keyText).filter(({ label }) =>
    label.endsWith("PRIVATE KEY")
  );
  if (chain.length === 0) {
    throw new SyntaxError("there is no PEM certificate in it");
  }
  if (keys.length === 0) throw new SyntaxError("there is no private key in it");
  if (keys.length > 1) throw new SyntaxError("there are several private keys");
  const [{ label, block }] = keys as [{ label: string; block: string }];
  if (label.startsWith("ENCRYPTED") || block.includes("ENCRYPTED")) {
    throw new SyntaxError(
      "its private key is encrypted, and there is nobody to ask for the password",
    );
  }
  const cert = chain.map(({ block }) => `${block}\n`).join("");
  return { cert, key: `${block}\n`, source };
}

function blocksOf(text: string): { label: string; block: string }[] {
  return [...text.matchAll(BLOCK)]
    .map(([block, label = "", end]) => ({ label, block, end }))
    .filter(({ label, end }) => label === end);
}

/**
 * Reads a certificate.
 *
 * @throws {SyntaxError} if it is damaged, names nobody, or the key is another's.
 */
export function readCertificate(
  { cert, key }: Pick<CertificateText, "cert" | "key">,
): CertificateFacts {
  let certificate: X509Certificate;
  try {
    certificate = new (nodeModule("node:crypto").X509Certificate)(cert);
  } catch (cause) {
    throw new SyntaxError("the certificate is damaged", { cause });
  }
  if (!isKeyOf(certificate, key)) {
    throw new SyntaxError("the private key does not belong to the certificate");
  }
  const names = namesOf(certificate);
  if (names.length === 0) {
    throw new SyntaxError("the certificate names no host");
  }
  return {
    names,
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

function isKeyOf(certificate: X509Certificate, key: string): boolean {
  const { createPrivateKey } = nodeModule("node:crypto");
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false; // no key at all
  }
}
