// Names that the kernel itself knows, each with a number. They are laid out with quotes around them, so that a made
// key is copied like any other span.
//
//   nameSpans    [start u32, end u32] by number · nameText: `"type""messageId"…`
const names: string =
  "type messageId event name userId anonymousId timestamp originalTimestamp sentAt context groupId previousId " +
  "writeKey write_key os device geo model country region consent categoryPreferences ip userAgent user_agent batch " +
  "events sent_at properties traits app event_id app_user_id user_id install_id anonymous_id session_id platform " +
  "os_version device_model idfa idfv att_status app_id app_version build_number locale environment utm_source " +
  "utm_medium utm_campaign utm_content utm_term user_properties advertising analytics clientSessionId version " +
  "attStatus id build campaign source medium content term track identify page screen group alias integrations " +
  "os_name device_os device_manufacturer device_type app_name bundle_id app_build timezone manufacturer namespace";

// Those below 32 have slots (slots.ts).
export const TYPE: u32 = 1;
export const MESSAGE_ID: u32 = 2;
export const EVENT: u32 = 3;
export const NAME: u32 = 4;
export const USER_ID: u32 = 5;
export const ANONYMOUS_ID: u32 = 6;
export const TIMESTAMP: u32 = 7;
export const ORIGINAL_TIMESTAMP: u32 = 8;
export const SENT_AT: u32 = 9;
export const CONTEXT: u32 = 10;
export const GROUP_ID: u32 = 11;
export const PREVIOUS_ID: u32 = 12;
export const WRITE_KEY: u32 = 13;
export const WRITE_KEY_SNAKE: u32 = 14;
export const OS: u32 = 15;
export const DEVICE: u32 = 16;
export const GEO: u32 = 17;
export const MODEL: u32 = 18;
export const COUNTRY: u32 = 19;
export const REGION: u32 = 20;
export const CONSENT: u32 = 21;
export const CATEGORY_PREFERENCES: u32 = 22;
export const IP: u32 = 23;
export const USER_AGENT: u32 = 24;
export const USER_AGENT_SNAKE: u32 = 25;
export const BATCH: u32 = 26;
export const EVENTS: u32 = 27;
export const SENT_AT_SNAKE: u32 = 28;
export const PROPERTIES: u32 = 29;
export const TRAITS: u32 = 30;
export const APP: u32 = 31;
// Layers, in the order of their fields.
export const EVENT_ID: u32 = 32;
export const SESSION_ID: u32 = 37;
export const PLATFORM: u32 = 38;
export const OS_VERSION: u32 = 39;
export const DEVICE_MODEL: u32 = 40;
export const IDFA: u32 = 41;
export const IDFV: u32 = 42;
export const ATT_STATUS: u32 = 43;
export const APP_ID: u32 = 44;
export const APP_VERSION: u32 = 45;
export const BUILD_NUMBER: u32 = 46;
export const LOCALE: u32 = 47;
export const ENVIRONMENT: u32 = 48;
export const UTM_SOURCE: u32 = 49;
export const UTM_MEDIUM: u32 = 50;
export const UTM_CAMPAIGN: u32 = 51;
export const UTM_CONTENT: u32 = 52;
export const UTM_TERM: u32 = 53;
export const USER_PROPERTIES: u32 = 54;
export const ADVERTISING: u32 = 55;
export const ANALYTICS: u32 = 56;
export const CLIENT_SESSION_ID: u32 = 57;
export const VERSION: u32 = 58;
export const ATT_STATUS_CAMEL: u32 = 59;
export const ID: u32 = 60;
export const BUILD: u32 = 61;
export const CAMPAIGN: u32 = 62;
export const SOURCE: u32 = 63;
export const MEDIUM: u32 = 64;
export const CONTENT: u32 = 65;
export const TERM: u32 = 66;
// Event types in the order of domain/model/event/event.ts: track here, alias five on; consent stands above.
export const TRACK: u32 = 67;
export const IDENTIFY: u32 = 68;
export const ALIAS: u32 = 72;
export const INTEGRATIONS: u32 = 73;
// More of Layers' fields, and what they are called in the envelope.
export const OS_NAME: u32 = 74;
export const DEVICE_OS: u32 = 75;
export const DEVICE_MANUFACTURER: u32 = 76;
export const DEVICE_TYPE: u32 = 77;
export const APP_NAME: u32 = 78;
export const BUNDLE_ID: u32 = 79;
export const APP_BUILD: u32 = 80;
export const TIMEZONE: u32 = 81;
export const MANUFACTURER: u32 = 82;
export const NAMESPACE: u32 = 83;

const nameSpans: u32 = <u32>memory.data(8 * 96, 16);
const nameText: u32 = <u32>memory.data(1280, 16);

/** Lays the names out; once, before anything else. Returns how many there are. */
export function layNames(): u32 {
  let out = nameText;
  let count: u32 = 0;
  for (let i = 0, begins = true; i < names.length; i++) {
    if (begins) {
      count++;
      store<u32>(nameSpans + count * 8, out);
      store<u8>(out++, 0x22);
    }
    begins = names.charCodeAt(i) == 0x20;
    if (!begins) store<u8>(out++, names.charCodeAt(i));
    if (!begins && i + 1 < names.length && names.charCodeAt(i + 1) != 0x20) continue;
    if (begins) continue;
    store<u8>(out++, 0x22);
    store<u32>(nameSpans + count * 8, out, 4);
    // The byte between two names is no quote, so that two made keys are no neighbours.
    store<u8>(out++, 0);
    store<u8>(out++, 0);
  }
  return count;
}

@inline
export function nameStart(name: u32): u32 {
  return load<u32>(nameSpans + name * 8);
}
@inline
export function nameEnd(name: u32): u32 {
  return load<u32>(nameSpans + name * 8, 4);
}
