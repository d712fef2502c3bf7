/**
 * Where a top-level member of a Layers event belongs in the envelope; one segment: it is renamed where it stands. The
 * plain kernel goes by it, and dry runs tell by it what was moved. Source: DESIGN, section 6.
 */
export const layersFields: Readonly<Record<string, readonly string[]>> = {
  event_id: ["messageId"],
  app_user_id: ["userId"],
  user_id: ["userId"],
  install_id: ["anonymousId"],
  anonymous_id: ["anonymousId"],
  sent_at: ["sentAt"],
  session_id: ["context", "clientSessionId"],
  platform: ["context", "os", "name"],
  os_name: ["context", "os", "name"],
  os_version: ["context", "os", "version"],
  device_os: ["context", "device", "os"],
  device_model: ["context", "device", "model"],
  device_manufacturer: ["context", "device", "manufacturer"],
  device_type: ["context", "device", "type"],
  idfa: ["context", "device", "idfa"],
  idfv: ["context", "device", "idfv"],
  att_status: ["context", "device", "attStatus"],
  app_id: ["context", "app", "id"],
  app_name: ["context", "app", "name"],
  bundle_id: ["context", "app", "namespace"],
  app_version: ["context", "app", "version"],
  app_build: ["context", "app", "build"],
  build_number: ["context", "app", "build"],
  locale: ["context", "locale"],
  timezone: ["context", "timezone"],
  environment: ["context", "environment"],
  utm_source: ["context", "campaign", "source"],
  utm_medium: ["context", "campaign", "medium"],
  utm_campaign: ["context", "campaign", "name"],
  utm_content: ["context", "campaign", "content"],
  utm_term: ["context", "campaign", "term"],
};

type Members = Record<string, unknown>;

/** A Layers event in the envelope's shape, its values as they were sent. What is no object is given back as it is. */
export function inEnvelope(event: unknown): unknown {
  if (!isMembers(event)) return event;
  const envelope: Members = {};
  const moved: [readonly string[], unknown][] = [];
  for (const [key, value] of Object.entries(event)) {
    const place = Object.hasOwn(layersFields, key) ? layersFields[key] : undefined;
    if (place === undefined) put(envelope, [key], structuredClone(value));
    else if (value !== null) moved.push([place, value]);
  }
  // Its own type is not heard: the path that it is sent to decides.
  envelope["type"] = "track";
  for (const [place, value] of moved) put(envelope, place, value);
  return envelope;
}

function put(target: Members, place: readonly string[], value: unknown): void {
  const [key, ...rest] = place as [string, ...string[]];
  if (rest.length === 0) {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
    return;
  }
  const inner = Object.hasOwn(target, key) ? target[key] : undefined;
  const members: Members = isMembers(inner) ? inner : {};
  target[key] = members;
  put(members, rest, value);
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
