/** The certificate that sluice shows where it is a client itself. */

import { about, type Complaint, type Members } from "./kinds.ts";
import { PATH } from "./values.ts";

/** Its members of an object. */
export const CLIENT_CERTIFICATE: Members = {
  cert: about("A client certificate, in PEM.", PATH),
  key: about("Its private key, in PEM.", PATH),
};

/** What is wrong with them together. */
export function* clientCertificateComplaints(
  { cert, key }: Readonly<Record<string, unknown>>,
): Iterable<Complaint> {
  if ((cert === undefined) !== (key === undefined)) {
    yield { message: "cert and key go together" };
  }
}
