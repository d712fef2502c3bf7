import type { KernelCase } from "./kernel-case.ts";

const layers = { dialect: "layers" } as const;

function maps(name: string, body: string, json: string, rest: Partial<KernelCase> = {}): KernelCase {
  return { name, body, shape: layers, expect: [{ json }], ...rest };
}

/** Layers' fields in the envelope. */
export const layersCases: readonly KernelCase[] = [
  maps(
    "a Layers event is a track in the envelope",
    '{"event":"E","event_id":"m","app_user_id":"u","install_id":"a","timestamp":"t","properties":{"x":1}}',
    '{"event":"E","messageId":"m","userId":"u","anonymousId":"a","timestamp":"t","properties":{"x":1},"type":"track"}',
  ),
  maps(
    "other spellings of the ids count",
    '{"event":"E","user_id":"u","anonymous_id":"a"}',
    '{"event":"E","userId":"u","anonymousId":"a","type":"track"}',
  ),
  maps(
    "an id of null gives way to the other spelling",
    '{"event":"E","user_id":"u","app_user_id":null}',
    '{"event":"E","userId":"u","type":"track"}',
  ),
  maps(
    "its own type is not heard",
    '{"event":"E","type":"x","user_id":"u"}',
    '{"event":"E","type":"track","userId":"u"}',
  ),
  maps(
    "device, app, campaign and session go into the context",
    `{"event":"E","user_id":"u",${[
      '"platform":"ios","os_version":"17","device_model":"iPhone15,2"',
      '"app_id":"i","app_version":"1.2.3.4","build_number":"7","locale":"de","environment":"production"',
      '"session_id":"s","utm_source":"a","utm_medium":"b","utm_campaign":"c","utm_content":"d","utm_term":"e"',
      '"screen_size":"1x2","country_code":"DE"',
    ].join(",")}}`,
    `{"event":"E","userId":"u","screen_size":"1x2","country_code":"DE","type":"track","context":{${[
      '"os":{"name":"ios","version":"17"},"device":{"model":"iPhone15,2"}',
      '"app":{"id":"i","version":"1.2.3.4","build":"7"},"locale":"de","environment":"production"',
      '"clientSessionId":"s","campaign":{"source":"a","medium":"b","name":"c","content":"d","term":"e"}',
    ].join(",")}}}`,
  ),
  maps(
    "other names that apps give to system, device and app are moved, too",
    `{"event":"E","user_id":"u",${[
      '"device_os":"iOS 18.1","device_manufacturer":"Apple","device_type":"phone","os_name":"iOS"',
      '"app_name":"Shop","bundle_id":"com.example.shop","app_build":"7","timezone":"Europe/Berlin"',
    ].join(",")}}`,
    `{"event":"E","userId":"u","type":"track","context":{${[
      '"device":{"os":"iOS 18.1","manufacturer":"Apple","type":"phone"},"os":{"name":"iOS"}',
      '"app":{"name":"Shop","namespace":"com.example.shop","build":"7"},"timezone":"Europe/Berlin"',
    ].join(",")}}}`,
    { expect: [{ fields: { "context.device.os": "iOS 18.1", "context.os.name": "iOS" } }] },
  ),
  maps(
    "what an app names of its system wins over its User-Agent's word",
    '{"event":"E","user_id":"u","device_os":"iOS 18.1","device_model":"iPhone15,3"}',
    '{"event":"E","userId":"u","type":"track","context":{"device":{"os":"iOS 18.1","model":"iPhone15,3","type":"m"}}}',
    { facts: { device: '{"type":"m","model":"iPhone","os":"iOS"}' } },
  ),
  maps(
    "moved fields join a context that is there",
    '{"context":{"os":{"name":"x"},"app":1},"event":"E","user_id":"u","platform":"ios","app_id":"i"}',
    '{"context":{"os":{"name":"x","name":"ios"},"app":{"id":"i"}},"event":"E","userId":"u","type":"track"}',
    {
      expect: [{ fields: { "context.os.name": "ios" } }],
    },
  ),
  maps(
    "an idfa stays when tracking is authorised",
    '{"event":"E","user_id":"u","idfa":"i","idfv":"v","att_status":"authorized"}',
    '{"event":"E","userId":"u","type":"track","context":{"device":{"idfa":"i","idfv":"v","attStatus":"authorized"}}}',
  ),
  maps(
    "an idfa goes when tracking is denied",
    '{"event":"E","user_id":"u","idfa":"i","att_status":"denied"}',
    '{"event":"E","userId":"u","type":"track","context":{"device":{"attStatus":"denied"}}}',
  ),
  maps(
    "an idfa goes when nothing is said of tracking",
    '{"event":"E","user_id":"u","idfa":"i"}',
    '{"event":"E","userId":"u","type":"track"}',
  ),
  maps(
    "user properties are traits",
    '{"user_id":"u","properties":{"plan":"x"},"sent_at":"t"}',
    '{"userId":"u","traits":{"plan":"x"},"sentAt":"t","type":"identify"}',
    {
      shape: { ...layers, type: "identify" },
    },
  ),
  maps(
    "consent goes into the context",
    '{"user_id":"u","consent":{"analytics":true},"advertising":false}',
    '{"userId":"u","type":"consent","context":{"consent":{"analytics":true,"advertising":false}}}',
    {
      shape: { ...layers, type: "consent" },
    },
  ),
  maps(
    "a purpose beside the consent object is not hidden by it",
    '{"advertising":false,"user_id":"u","consent":{"analytics":true}}',
    '{"userId":"u","type":"consent","context":{"consent":{"analytics":true,"advertising":false}}}',
    {
      shape: { ...layers, type: "consent" },
    },
  ),
  maps(
    "paths name the envelope",
    '{"event":"E","user_id":"u","platform":"ios"}',
    '{"event":"E","userId":"u","type":"track","context":{"os":{}}}',
    {
      program: { redactPaths: [["context", "os", "name"]] },
    },
  ),
  maps(
    "an escaped field is moved",
    String.raw`{"event":"E","user\u005fid":"u"}`,
    '{"event":"E","userId":"u","type":"track"}',
  ),
  maps(
    "ip and user agent go here too",
    '{"event":"E","user_id":"u","ip":"1.2.3.4","user_agent":"x"}',
    '{"event":"E","userId":"u","type":"track"}',
  ),
  maps(
    "the host's device joins a moved one",
    '{"event":"E","user_id":"u","device_model":"x"}',
    '{"event":"E","userId":"u","type":"track","context":{"device":{"model":"x","os":"iOS"}}}',
    {
      facts: { device: '{"os":"iOS"}' },
    },
  ),
  {
    name: "a refused field is told where it stood",
    body: '{"event":"E","user_id":[]}',
    shape: layers,
    expect: [{ reject: "field_type", field: "userId", at: 23 }],
  },
  {
    name: "Layers' names mean nothing in other dialects",
    body: '{"type":"page","user_id":"u"}',
    expect: [{ reject: "identity_missing" }],
  },
];
