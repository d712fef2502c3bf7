import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { assert } from "../../../domain/model/failure.ts";
import { defaultLimits } from "../../../domain/model/limits.ts";
import { ingestRoutes } from "../ingest/app.ts";
import { plainAnswer } from "../server/answer.ts";
import type { Route } from "../server/call.ts";
import { describeApi } from "./openapi.ts";

const contract = { role: null, body: null };

/**
 * Adds the description of the API and a page that shows it to the admin listener's routes.
 *
 * The page is ours, one file: it loads nothing from anywhere, and may not.
 */
export function withDocs(admin: readonly Route[]): Route[] {
  let description = "";
  const page = readFileSync(new URL("./docs-page.html", import.meta.url), "utf8");
  const pageHeaders = { "content-type": "text/html; charset=utf-8", "content-security-policy": policyOf(page) };
  const routes: Route[] = [
    ...admin,
    {
      method: "GET",
      path: "/openapi.json",
      contract,
      respond: () => plainAnswer(200, description, { "content-type": "application/json; charset=utf-8" }),
    },
    { method: "GET", path: "/docs", contract, respond: () => plainAnswer(200, page, pageHeaders) },
  ];
  description = JSON.stringify(describeApi(routes, describedIngestRoutes()));
  return routes;
}

/** The public listener's routes, made to be described: none is called. */
function describedIngestRoutes(): Route[] {
  const never = (): never => {
    assert(false, "a route that is only described was called");
  };
  return ingestRoutes({
    ingest: never,
    directory: { find: never },
    limits: defaultLimits,
    trustedProxies: [],
    publicUrl: null,
    health: never,
  });
}

/** Only the page's own script and style run, and it talks to this listener only. */
function policyOf(page: string): string {
  const hashOf = (tag: string) => {
    const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? "";
    return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  };
  return `default-src 'none'; script-src ${hashOf("script")}; style-src ${hashOf("style")}; connect-src 'self'; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
