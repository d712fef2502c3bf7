import type { Said } from "./kernel-cases-consent.ts";

// A string of a TCF consent: purposes 1 to 10 of consent, then of legitimate interest, in characters 25 to 33.
const tcf = (consents: string, interests: string) => {
  const bits = `${"0".repeat(2)}${consents.padEnd(24, "0")}${interests.padEnd(24, "0")}0000`;
  const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const coded = (bits.match(/.{6}/g) ?? []).map((six) => signs[Number.parseInt(six, 2)]).join("");
  return `CPXxRfAPXxRfAAfKABENB-CgA${coded}AAAA.YAAAAAAAAAA`;
};
const none = "0000000000";
const all = "1111111111";

/** What stands under `context.consent`, and what it says of advertising and analytics. */
export const consentForms: readonly (readonly [stated: string, said: Said])[] = [
  ['{"advertising":true,"analytics":true}', "yy"],
  ['{"advertising":false}', "n-"],
  ['{"analytics":false}', "-n"],
  ["{}", "--"],
  ["null", "--"],
  // Answers that are no booleans.
  ...["false", "denied", "DENIED", "Opted-Out", "no", "0", " off ", "NOT GRANTED", "refusé", "rejected"].map(
    (word) => [`{"advertising":"${word}"}`, "n-"] as const,
  ),
  ...["true", "granted", "Yes", "1", "opt_in", "allow", "accepted", "sí"].map(
    (word) => [`{"advertising":"${word}"}`, "y-"] as const,
  ),
  ...["", " ", "maybe", "unknown", "unspecified", "pending", "2", "falsey", "a".repeat(99)].map(
    (word) => [`{"advertising":"${word}"}`, "--"] as const,
  ),
  ...["0", "-0", "0.0", "0e5", "0.00E-3"].map((number) => [`{"advertising":${number}}`, "n-"] as const),
  ...["1", "1.0"].map((number) => [`{"advertising":${number}}`, "y-"] as const),
  ...["2", "-1", "1e1", "10", "0.5", "1.5", "1700000000"].map((number) => [`{"advertising":${number}}`, "--"] as const),
  ['{"advertising":null,"analytics":null}', "--"],
  ['{"advertising":"d\\u0065nied"}', "n-"],
  ['{"adv\\u0065rtising":false}', "n-"],
  ['{"ADVERTISING":false,"Analytics":1}', "ny"],
  // Two answers to one purpose: a no wins.
  ['{"analytics":true,"categoryPreferences":{"Analytics":false}}', "-n"],
  ['{"advertising":false,"advertising":true}', "n-"],
  ['{"advertising":true,"advertising":false}', "n-"],
  ['{"ad_storage":"granted","ad_user_data":"denied"}', "n-"],
  ['{"advertising":true,"C0005":false}', "n-"],
  ['{"advertising":true,"marketing":"maybe"}', "y-"],
  // One word for everything: a no is one, a yes names no purpose.
  ["false", "nn"],
  ['"denied"', "nn"],
  ["0", "nn"],
  ['"reject_all"', "nn"],
  ['{"granted":false}', "nn"],
  ['{"status":"opted out"}', "nn"],
  ['{"opt_out":true}', "nn"],
  ['[{"standard":"Adobe","version":"1.0","value":{"general":"out"}}]', "nn"],
  ["true", "--"],
  ['"granted"', "--"],
  ["1", "--"],
  // Answers inside.
  ['{"advertising":{"granted":false}}', "n-"],
  ['{"advertising":{"value":"denied","updated":1700000000}}', "n-"],
  ['{"advertising":{"opted_out":true}}', "n-"],
  ['{"advertising":{"opted_out":false}}', "--"],
  ['{"marketing":{"any":{"val":"n"}},"collect":{"val":"y"}}', "ny"],
  ['{"advertising":["granted","denied"]}', "n-"],
  ['{"advertising":[]}', "--"],
  ['[{"category":"marketing","granted":false},{"category":"statistics","granted":true}]', "ny"],
  ['{"purposes":[{"id":"analytics","consent":"denied"},{"id":"necessary","consent":false}]}', "-n"],
  ['{"gdpr":{"marketing":{"consented":false,"timestamp":10}},"ccpa":{"data_sale_opt_out":{"consented":true}}}', "n-"],
  ['{"ccpa":{"data_sale_opt_out":{"consented":false}}}', "--"],
  // Category preferences, by the usual tools' names.
  ['{"categoryPreferences":{"Advertising":false,"Functional":true,"DataSharing":false}}', "n-"],
  ['{"categoryPreferences":{"C0001":true,"C0002":true,"C0003":false,"C0004":false}}', "ny"],
  ['{"categoryPreferences":{"c0002":false}}', "-n"],
  ['{"categoryPreferences":{"Targeting Cookies":false,"Strictly Necessary Cookies":true}}', "n-"],
  ['{"categoryPreferences":{"Performance Cookies":"0"}}', "-n"],
  ['{"categoryPreferences":[{"name":"Social Media Cookies","status":"inactive"}]}', "n-"],
  ['{"necessary":true,"preferences":false,"statistics":true,"marketing":false,"method":"explicit"}', "ny"],
  ['{"essential":true,"functional":false,"marketing":false}', "n-"],
  ['{"Facebook Pixel":false,"Google Analytics":false}', "n-"],
  ['{"ANALYTICS":"ACCEPT","MARKETING":"DENY","PERSONALIZATION":"DENY","ESSENTIAL":"ACCEPT"}', "ny"],
  ['{"necessary":"yes","functional":"no","analytics":"no","performance":"no","advertisement":"no"}', "nn"],
  ['{"marketing":true,"analytics":false,"preferences":true,"sale_of_data":false}', "nn"],
  ['{"vendors":{"755":false},"legitimateInterests":{"2":false}}', "--"],
  ['{"necessary":false,"functional":false,"security_storage":"denied"}', "--"],
  ['{"marketing_opt_out":true,"analytics_enabled":true}', "ny"],
  ['{"shoes":false,"news":"no"}', "--"],
  // Lists of what was allowed or denied.
  ['{"acceptedCategories":["necessary","analytics"],"rejectedCategories":["ads"]}', "ny"],
  ['{"purposes":{"enabled":["measure_content_performance"],"disabled":["select_basic_ads"]}}', "ny"],
  ['{"denied":"C0001, C0004"}', "n-"],
  ['{"denied":[]}', "--"],
  ['{"denied":{"marketing":true,"analytics":false}}', "n-"],
  ['{"allowed":{"marketing":true,"analytics":false}}', "yn"],
  ['{"allowed":{"marketing":"pending"}}', "--"],
  ['{"allowed":["nothing known"]}', "--"],
  // The IAB's purposes.
  ['{"purpose":{"consents":{"1":true,"2":true,"3":false,"8":true}}}', "ny"],
  ['{"purpose_4":"0","IABV2_9":true}', "ny"],
  ['{"purposeConsents":"1111000"}', "n-"],
  ['{"purposeConsents":"1111111111"}', "yy"],
  ['{"5":false,"6":false,"11":false,"12":false}', "--"],
  [`{"tcString":"${tcf(all, none)}"}`, "yy"],
  [`{"tcString":"${tcf(none, none)}"}`, "nn"],
  [`{"tcString":"${tcf("1011000000", "0100001111")}"}`, "y-"],
  [`{"tcString":"${tcf(all, none).slice(0, 33)}"}`, "--"],
  ['{"iubenda":{"purposes":{"1":true,"4":true,"5":false}}}', "ny"],
  // In a text.
  [`"${String.raw`{\"advertising\":false,\"analytics\":\"granted\"}`}"`, "ny"],
  ['"groups=C0001%3A1%2CC0002%3A1%2CC0004%3A0"', "ny"],
  ["\"{stamp:'x',necessary:true,preferences:false,statistics:true,marketing:false,ver:1}\"", "ny"],
  ['"consentid:abc,consent:yes,action:yes,necessary:yes,functional:no,analytics:no,advertisement:yes"', "yn"],
  ['{"cookie":"marketing=denied&statistics=granted"}', "ny"],
  ['"marketing"', "--"],
];

/** Members of an event that say something elsewhere, or nothing. */
export const consentRest: readonly (readonly [members: string, said: Said])[] = [
  // Google's keys, wherever they stand.
  ['"ad_storage":"denied"', "n-"],
  ['"properties":{"ad_user_data":"DENIED"}', "n-"],
  ['"properties":{"a":[{"b":{"adPersonalization":false}}]}', "n-"],
  ['"context":{"analytics_storage":"denied"}', "-n"],
  ['"context":{"google_consent":{"ad_storage":"granted","analytics_storage":"granted"}}', "yy"],
  ['"traits":{"adUserDataConsentState":"DENIED"}', "n-"],
  ['"properties":{"consent":{"ad_storage":"denied","analytics_storage":"granted"}}', "ny"],
  ['"properties":{"adStorageConsentGranted":false}', "n-"],
  ['"consent":{"ad_user_data":"GRANTED","ad_personalization":"DENIED"}', "n-"],
  ['"context":{"consentMode":["consent","update",{"ad_storage":"denied"}]}', "n-"],
  ['"properties":{"x-ga-gcs":"G101"}', "ny"],
  ['"properties":{"gcs":"G1--"}', "--"],
  ['"properties":{"gcs":"Garmin"}', "--"],
  ['"context":{"gcd":"13p3r3u3v5"}', "ny"],
  // Others' places.
  ['"context":{"consents":{"marketing":false}}', "n-"],
  ['"context":{"trackingConsent":"denied"}', "nn"],
  ['"context":{"trackingConsent":"granted"}', "yy"],
  ['"context":{"marketing_consent":false}', "n-"],
  ['"context":{"privacy":{"analytics":"denied"}}', "-n"],
  ['"properties":{"advertising_consent":"denied"}', "n-"],
  ['"consent":{"functional":true,"marketing":false,"analytics":true}', "ny"],
  ['"consent":false', "nn"],
  ['"context":{"OnetrustActiveGroups":",C0001,C0002,"}', "-y"],
  [
    '"context":{"consentManagement":{"provider":"oneTrust","allowedConsentIds":["C0001","C0002"],' +
      '"deniedConsentIds":["C0003","C0004"],"resolutionStrategy":"and"}}',
    "ny",
  ],
  ['"context":{"consentManagement":{"allowedConsentIds":["1","2","3","4"],"deniedConsentIds":["9"]}}', "yn"],
  ['"context":{"consentManagement":{"provider":"iubenda","allowedConsentIds":["4"],"deniedConsentIds":["5"]}}', "ny"],
  ['"context":{"consentManagement":{"deniedConsentIds":[]}}', "--"],
  ['"context":{"globalPrivacyControl":true}', "n-"],
  ['"context":{"globalPrivacyControl":false}', "--"],
  ['"context":{"us_privacy":"1YYN"}', "n-"],
  ['"context":{"us_privacy":"1YNN"}', "--"],
  [`"properties":{"IABTCF_TCString":"${tcf(none, none)}"}`, "nn"],
  ['"context":{"c\\u006fnsent":{"adv\\u0065rtising":"no"}}', "n-"],
  ['"context":{"\u212aonsent":{"advertising":false}}', "--"],
  ['"context":{"consent":{"advertising":true}},"context":{"consent":{"advertising":false}}', "n-"],
  ['"context":{"consent":{"advertising":false},"consent":{"advertising":true}}', "n-"],
  // What is about something else.
  ['"properties":{"marketing_consent":false}', "--"],
  ['"properties":{"consent":false}', "--"],
  ['"properties":{"consent":"denied"}', "--"],
  ['"traits":{"marketing":false,"analytics":false}', "--"],
  ['"properties":{"privacy":{"sharing":false}}', "--"],
  ['"properties":{"status":"denied","advertising":false}', "--"],
  ['"properties":{"url":"https://s.example/?ad_storage=denied"}', "--"],
  ['"context":{"gdpr":0}', "--"],
];
