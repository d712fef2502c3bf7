import { isIP } from "node:net";
import type { ErrorCode } from "./errors.ts";

const jsonType = /^application\/json\s*(?:;|$)/i;
const ownSites = ["same-origin", "none"];

/**
 * Why a request that asks for no token is refused where a page of another site may have sent it; null where none can.
 *
 * A page can send text and forms to any address without being asked, but JSON only after a preflight, which the admin
 * listener does not answer. Browsers name the page (Origin, Sec-Fetch-Site). A name that its owner makes mean this
 * machine a moment later (DNS rebinding) passes both, which is why a page's own host must be one that nobody else owns.
 * Source: Fetch Standard; W3C Fetch Metadata.
 */
export function pageRefusal(request: Request, ownHosts: readonly string[] = []): ErrorCode | null {
  const { headers } = request;
  if (!jsonType.test(headers.get("content-type") ?? "")) return "json_required";
  const site = headers.get("sec-fetch-site");
  if (site !== null && !ownSites.includes(site)) return "page_refused";
  const origin = headers.get("origin");
  if (origin === null) return null;
  const host = headers.get("host") ?? "";
  const named = URL.canParse(origin) ? new URL(origin) : null;
  if (named === null || named.host !== host.toLowerCase()) return "page_refused";
  return isOwnHost(named.hostname, named.host, ownHosts) ? null : "page_refused";
}

function isOwnHost(name: string, host: string, ownHosts: readonly string[]): boolean {
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
  return isAddress || name === "localhost" || name.endsWith(".localhost") || ownHosts.includes(host);
}
