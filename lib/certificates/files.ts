/**
 * Certificates in files: they are read at the start, and again when they change.
 *
 * A program that renews them writes one file after the other, and a file may be read
 * when only half of it is there. So if a file is no good, what was read from it before
 * stays in use, and the file is tried again when it changes.
 */

import {
  type CertificateText,
  readCertificate,
  splitPem,
} from "./certificate.ts";

/** The most bytes of one file. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** The most files of one pattern. */
const FILES_MAX = 10_000;

/** Where certificates are. */
export interface CertificateSource {
  /** A file or a pattern. */
  readonly cert: string;
  /** The file of the key; undefined if it is in the same file. */
  readonly key: string | undefined;
}

/** The part of the disk that is needed. */
export interface CertificateDisk {
  readText(path: string, bytesMax: number): Promise<string>;
  expand(pattern: string): Promise<readonly string[]>;
  /** Something that changes when the file does; undefined if it is not there. */
  versionOf(path: string): Promise<string | undefined>;
}

/** What was found. */
export interface Found {
  readonly certificates: readonly CertificateText[];
  /** What was wrong, for the operator. */
  readonly problems: readonly string[];
  /** Whether each source has a certificate, be it one from before. */
  readonly isComplete: boolean;
}

/** See the module's comment. */
export class CertificateFiles {
  readonly #sources: readonly CertificateSource[];
  readonly #disk: CertificateDisk;
  /** By file: what was last good. */
  readonly #good: Map<string, CertificateText>;
  /** What the files were like when they were last read. */
  #versions = "";

  /** @param before Those of an earlier configuration: what was good there is so here. */
  constructor(
    sources: readonly CertificateSource[],
    disk: CertificateDisk,
    before?: CertificateFiles,
  ) {
    this.#sources = sources;
    this.#disk = disk;
    this.#good = new Map(before === undefined ? [] : before.#good);
  }

  /** Reads all of them. Never rejects: what is wrong is said. */
  async read(): Promise<Found> {
    const certificates: CertificateText[] = [];
    const problems: string[] = [];
    let isComplete = true;
    this.#versions = await this.#currentVersions();
    for (const { cert, key } of this.#sources) {
      const count = certificates.length;
      for (const file of await this.#filesOf(cert, problems)) {
        const found = await this.#readOne(file, key, problems);
        if (found !== undefined) certificates.push(found);
      }
      if (certificates.length === count) isComplete = false;
    }
    return { certificates, problems, isComplete };
  }

  /** The files of a pattern, or the one file. */
  async #filesOf(
    cert: string,
    problems: string[],
  ): Promise<readonly string[]> {
    if (!cert.includes("*")) return [cert];
    try {
      const files = await this.#disk.expand(cert);
      if (files.length === 0) problems.push(`there is no file "${cert}"`);
      if (files.length <= FILES_MAX) return files;
      problems.push(`"${cert}": more than ${FILES_MAX} files`);
      return files.slice(0, FILES_MAX);
    } catch (error) {
      problems.push((error as Error).message);
      return [];
    }
  }

  async #readOne(
    file: string,
    keyFile: string | undefined,
    problems: string[],
  ): Promise<CertificateText | undefined> {
    try {
      const text = await this.#disk.readText(file, FILE_BYTES_MAX);
      const keyText = keyFile === undefined
        ? text
        : await this.#disk.readText(keyFile, FILE_BYTES_MAX);
      const certificate = splitPem(text, keyText, file);
      readCertificate(certificate);
      this.#good.set(file, certificate);
      return certificate;
    } catch (error) {
      const before = this.#good.get(file);
      const message = (error as Error).message;
      const what = message.includes(file) ? message : `"${file}": ${message}`;
      problems.push(
        before === undefined
          ? what
          : `${what}; the certificate read from it before stays in use`,
      );
      return before;
    }
  }

  /** Whether files have changed, come or gone since they were read. */
  async haveChanged(): Promise<boolean> {
    return await this.#currentVersions() !== this.#versions;
  }

  async #currentVersions(): Promise<string> {
    const versions: string[] = [];
    for (const { cert, key } of this.#sources) {
      const files = await this.#disk.expand(cert).catch(() => [cert]);
      const all = key === undefined ? files : [...files, key];
      for (const file of all.slice(0, FILES_MAX)) {
        versions.push(`${file} ${await this.#disk.versionOf(file)}`);
      }
    }
    return versions.join("\n");
  }
}
