import { findEmails } from "../data-layer/detector/emails.ts";
import type { InputFault } from "./refusal.ts";

export const nameCharsMax = 200;

/** What is wrong with the name of a member, a token, a project …: no email may rest anywhere, in a name neither. */
export function nameFaults(name: string | undefined): InputFault[] {
  if (name === undefined || findEmails(name).length === 0) return [];
  return [{ path: "name", code: "email_in_name", message: "Choose a name without an email address in it." }];
}

/** A time as answers show it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
