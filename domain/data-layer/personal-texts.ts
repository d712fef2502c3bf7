import { readCharacters } from "./detector/characters.ts";
import { detect } from "./detector/detect.ts";
import { findEmails } from "./detector/emails.ts";
import { isPhone } from "./detector/phones.ts";
import { findUserAgents } from "./detector/user-agents.ts";

/** What must not rest in a configuration, in the words of its faults. */
export type PersonalKind = "email" | "phone" | "ip" | "user_agent";

/** What a text says of a person, and where it begins. Units: UTF-16 units. */
export interface Personal {
  readonly kind: PersonalKind;
  readonly position: number;
}

/**
 * What a text is for. `name`: words for people, where nothing of a person may stand. `url`: its host may be an address.
 * `code`: numbers with dots and words before colons mean other things there. `path`: a place in events. `pattern`:
 * matches User-Agents, so that those of programs belong into it.
 */
export type TextUse = "name" | "url" | "code" | "path" | "pattern";

const titles: Readonly<Record<PersonalKind, string>> = {
  email: "an email address",
  phone: "a phone number",
  ip: "an IP address",
  user_agent: "a User-Agent",
};

/** The first that a text says of a person, or null. */
export function findPersonal(text: string, use: TextUse): Personal | null {
  const [email] = findEmails(text);
  if (email !== undefined) return { kind: "email", position: email.start };
  if (use === "pattern") return null;
  if (isPhone(text)) return { kind: "phone", position: 0 };
  const literal = use === "code" ? findPhoneLiteral(text) : null;
  if (literal !== null) return literal;
  if (use === "path") return null;
  const characters = readCharacters(text);
  const [agent] = findUserAgents(characters, []);
  if (agent !== undefined) return { kind: "user_agent", position: characters.starts[agent.from] as number };
  return use === "code" ? null : findNamed(text, use === "url");
}

/** A phone number between quotation marks, as conditions and scripts compare with. */
function findPhoneLiteral(text: string): Personal | null {
  if (!text.includes("+")) return null;
  for (const { 2: literal = "", index } of text.matchAll(/(['"`])([^'"`\n]{1,160})\1/g)) {
    if (isPhone(literal)) return { kind: "phone", position: index + 1 };
  }
  return null;
}

/** What stands under a key of the table, and addresses. */
function findNamed(text: string, isUrl: boolean): Personal | null {
  const modes = { phones: "mask", ips: isUrl ? "off" : "mask" } as const;
  const found = detect(text, modes, { versions: false, key: false, senders: [] });
  if (found.text === text) return null;
  let position = 0;
  while (text[position] === found.text[position]) position++;
  return { kind: found.phone ? "phone" : found.ip ? "ip" : found.email ? "email" : "user_agent", position };
}

/** A fault's words on what was found, without it. */
export function sayPersonal({ kind }: Personal): { code: string; message: string; hint: string } {
  return {
    code: `holds_${kind}`,
    message: `This holds ${titles[kind]}, which would rest in clear in the configuration.`,
    hint: "Leave it out; events hold only hashes to compare with.",
  };
}
