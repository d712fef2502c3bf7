import { Type } from "@sinclair/typebox";
import { nameCharsMax } from "../../../domain/admin/names.ts";
import { createOrganizationCases, createProjectCases } from "../../../domain/admin/workspace/projects.ts";
import {
  createChangeSources,
  createReadSources,
  overlapHoursMax,
  type SourceChanges,
  type SourceParts,
  type SourceRequest,
} from "../../../domain/admin/workspace/sources.ts";
import { eventsPerSecondCeiling } from "../../../domain/model/limits.ts";
import { sourceDialects } from "../../../domain/model/tenant.ts";
import { type AdminRoute, emptied, worded } from "./route.ts";

const idCharsMax = 36;
const closed = { additionalProperties: false };
const name = Type.String({ minLength: 1, maxLength: nameCharsMax });
const nameBody = Type.Object({ name }, closed);

const kind = Type.Union([Type.Literal("browser"), Type.Literal("mobile"), Type.Literal("server")]);
const settings = {
  dialect: Type.Optional(Type.Union(sourceDialects.map((each) => Type.Literal(each)))),
  default_calling_code: Type.Optional(Type.Union([Type.String({ pattern: "^[1-9][0-9]{0,2}$" }), Type.Null()])),
  enabled: Type.Optional(Type.Boolean()),
  events_per_second_max: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1, maximum: eventsPerSecondCeiling }), Type.Null()]),
  ),
};
const sourceBody = Type.Object({ project_id: Type.String({ maxLength: idCharsMax }), name, kind, ...settings }, closed);
const sourceChangesBody = Type.Object({ name: Type.Optional(name), kind: Type.Optional(kind), ...settings }, closed);
const rotateBody = Type.Object(
  { overlap_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: overlapHoursMax })) },
  closed,
);

/** The organisation itself, its projects and their sources. */
export function workspaceRoutes(parts: SourceParts): AdminRoute[] {
  return [...organizationRoutes(parts), ...projectRoutes(parts), ...sourceRoutes(parts)];
}

function nameOf(body: unknown): string {
  return (body as { name: string }).name;
}

function organizationRoutes(parts: SourceParts): AdminRoute[] {
  const path = "/v1/admin/organization";
  const organization = createOrganizationCases(parts);
  return [
    {
      ...{ method: "GET", path, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await organization.show(call.by)),
    },
    {
      ...{ method: "PATCH", path, role: "admin", schema: nameBody },
      respond: async (call, body) => worded(call, 200, await organization.rename(call.by, nameOf(body))),
    },
  ];
}

function projectRoutes(parts: SourceParts): AdminRoute[] {
  const path = "/v1/admin/projects";
  const one = `${path}/:project_id`;
  const projects = createProjectCases(parts);
  const idOf = (params: Readonly<Record<string, string | undefined>>) => params["project_id"] ?? "";
  return [
    {
      ...{ method: "GET", path, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await projects.list(call.by)),
    },
    {
      ...{ method: "POST", path, role: "editor", schema: nameBody },
      respond: async (call, body) => worded(call, 201, await projects.create(call.by, nameOf(body))),
    },
    {
      ...{ method: "GET", path: one, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await projects.show(call.by, idOf(call.params))),
    },
    {
      ...{ method: "PATCH", path: one, role: "editor", schema: nameBody },
      respond: async (call, body) => worded(call, 200, await projects.rename(call.by, idOf(call.params), nameOf(body))),
    },
    {
      ...{ method: "DELETE", path: one, role: "admin", schema: null },
      respond: async (call) => emptied(call, await projects.remove(call.by, idOf(call.params))),
    },
  ];
}

function sourceRoutes(parts: SourceParts): AdminRoute[] {
  const path = "/v1/admin/sources";
  const one = `${path}/:source_id`;
  const reading = createReadSources(parts.workspace);
  const changing = createChangeSources(parts);
  const idOf = (params: Readonly<Record<string, string | undefined>>) => params["source_id"] ?? "";
  return [
    {
      ...{ method: "GET", path, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await reading.list(call.by)),
    },
    {
      ...{ method: "POST", path, role: "editor", schema: sourceBody },
      respond: async (call, body) => worded(call, 201, await changing.create(call.by, body as SourceRequest)),
    },
    {
      ...{ method: "GET", path: one, role: "viewer", schema: null },
      respond: async (call) => worded(call, 200, await reading.show(call.by, idOf(call.params))),
    },
    {
      ...{ method: "PATCH", path: one, role: "editor", schema: sourceChangesBody },
      async respond(call, body) {
        return worded(call, 200, await changing.change(call.by, idOf(call.params), body as SourceChanges));
      },
    },
    {
      ...{ method: "DELETE", path: one, role: "admin", schema: null },
      respond: async (call) => emptied(call, await changing.remove(call.by, idOf(call.params))),
    },
    {
      ...{ method: "POST", path: `${one}/rotate-write-key`, role: "admin", schema: rotateBody },
      async respond(call, body) {
        const { overlap_hours: hours } = body as { overlap_hours?: number };
        return worded(call, 200, await changing.rotateWriteKey(call.by, idOf(call.params), hours));
      },
    },
    {
      ...{ method: "POST", path: `${one}/replace-signing-secret`, role: "admin", schema: null },
      respond: async (call) => worded(call, 200, await changing.replaceSigningSecret(call.by, idOf(call.params))),
    },
  ];
}
