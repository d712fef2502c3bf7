import type { InputFault } from "../refusal.ts";

export const loginCharsMax = 254;
const loginCharsMin = 3;
export const passwordCharsMin = 12;
export const passwordCharsMax = 200;

/**
 * The hash a login name is kept as. Upper and lower case, and the ways Unicode has to write one letter, are the same.
 *
 * It is a hash, because many use their email as login name, and no raw email may rest anywhere.
 */
export function loginSha256(login: string, sha256Hex: (text: string) => string): string {
  return sha256Hex(`tidegate login\n${login.normalize("NFKC").trim().toLowerCase()}`);
}

/** What is wrong with a new login name and password. */
export function credentialFaults(login: string | null, password: string): InputFault[] {
  const faults: InputFault[] = [];
  const chars = login?.trim().length ?? loginCharsMin;
  if (chars < loginCharsMin || chars > loginCharsMax) {
    const message = `Send ${loginCharsMin} to ${loginCharsMax} characters.`;
    faults.push({ path: "login", code: "out_of_range", message });
  }
  if (password.length < passwordCharsMin || password.length > passwordCharsMax) {
    const message = `Send ${passwordCharsMin} to ${passwordCharsMax} characters; a few words make a good password.`;
    faults.push({ path: "password", code: "out_of_range", message });
  }
  return faults;
}
