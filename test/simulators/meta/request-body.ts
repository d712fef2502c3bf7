import { isObject, type JsonObject, parsed } from "../json.ts";

/** Decodes what a request says: JSON, a form, or a multipart form. Errors: null where it says nothing readable. */
export async function readParameters(contentType: string, body: Uint8Array): Promise<JsonObject | null> {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase();
  const text = new TextDecoder().decode(body);
  if (type === "application/json") return objectOf(parsed(text));
  if (type === "application/x-www-form-urlencoded") return fromFields(new URLSearchParams(text));
  if (type === "multipart/form-data") return fromMultipart(contentType, body);
  return null;
}

async function fromMultipart(contentType: string, body: Uint8Array): Promise<JsonObject | null> {
  try {
    const whole = new Response(new Uint8Array(body), { headers: { "content-type": contentType } });
    const fields: [string, string][] = [];
    for (const [key, value] of await whole.formData()) fields.push([key, typeof value === "string" ? value : ""]);
    return fromFields(fields);
  } catch {
    return null;
  }
}

/** In a form `data` is JSON in a string, and each of its events may be one again. */
function fromFields(fields: Iterable<[string, string]>): JsonObject {
  const parameters: Record<string, unknown> = Object.fromEntries(fields);
  const data = parameters["data"];
  if (typeof data !== "string") return parameters;
  const events = parsed(data);
  parameters["data"] = Array.isArray(events)
    ? events.map((event) => (typeof event === "string" ? parsed(event) : event))
    : events;
  return parameters;
}

function objectOf(value: unknown): JsonObject | null {
  return isObject(value) ? value : null;
}
