/** Checks passwords, in a thread of its own: each check takes a tenth of a second. */

import { compareSync } from "bcryptjs";
import type { PasswordAnswer, PasswordQuestion } from "./bcrypt_messages.ts";

/** The part of a thread's global scope that is needed here: the type checker knows the main thread's only. */
interface ThreadScope {
  postMessage(message: PasswordAnswer): void;
  onmessage: (event: MessageEvent<PasswordQuestion>) => void;
}

const scope = globalThis as unknown as ThreadScope;

scope.onmessage = ({ data: { password, hash } }) => {
  scope.postMessage(compareSync(password, hash));
};
