import { exchangePath } from "./contract.ts";

/** A moment that tests take as the present. Units: milliseconds since 1970. */
export const sampleNowMs = 1_780_000_000_000;
/** Looks like a device's own. */
export const sampleToken = `tY9ry9FnExample${"Ab3+/".repeat(40)}==`;

export type SampleReply = { status: number; headers: Headers; text: string };

/** Sends a token as the relay would. */
export async function postToken(
  url: string,
  token: string,
  { path = exchangePath, ...changes }: RequestInit & { path?: string } = {},
): Promise<SampleReply> {
  const headers = { "content-type": "text/plain", connection: "close", ...(changes.headers as Record<string, string>) };
  const init: RequestInit = { method: "POST", body: token, ...changes, headers };
  const response = await fetch(url + path, init.method === "GET" ? { method: "GET", headers } : init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}
