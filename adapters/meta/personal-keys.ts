import { foldKey, personKeys } from "../../domain/mapping/person.ts";
import { rememberWords } from "../../domain/mapping/remember.ts";

/** Keys that are personal as a whole, folded. */
const personal: ReadonlySet<string> = new Set([
  ...Object.values(personKeys).flat(),
  ...["em", "ph", "fn", "ln", "ct", "zp", "tel", "cell", "name", "nickname", "username", "login", "handle", "age"],
  ...["ip", "ua", "mac", "imei", "gps", "lat", "lon", "lng", "latitude", "longitude", "location", "county", "suburb"],
  ...["userid", "anonymousid", "customerid", "externalid", "visitorid", "deviceid", "installid", "clientid"],
  ...["idfa", "idfv", "gaid", "aaid", "advertisingid", "madid", "fbc", "fbp", "fbclid", "gclid", "ttclid", "ttp"],
  ...["distinctid", "sessionid", "ga", "gaclientid", "gasessionid", "gbraid", "wbraid", "gclsrc", "srsltid", "lifatid"],
  ...["sccid", "epik", "rdtcid", "igshid", "mceid", "mccid", "kx", "cjevent", "hsenc", "hubspotutk", "impressionid"],
  ...["url", "path", "referrer", "pageurl", "line1", "line2", "iban", "ssn", "cvv", "cvc", "pin"],
]);

/** Parts of a folded key that make it personal wherever they stand: `billing_email`, `shippingAddress2`. */
const personalParts = new RegExp(
  [
    ...["email", "mail", "phone", "mobile", "fax", "firstname", "lastname", "fullname", "surname", "birth", "address"],
    ...["street", "postal", "zipcode", "ipaddr", "remoteip", "clientip", "useragent", "passw", "passport", "secret"],
    ...["cl(?:ic)?k?id$", "token", "social", "license", "cardn", "creditc", "bank", "signature"],
  ].join("|"),
);

/**
 * Whether a key of an event's properties may hold something personal, and so must not become custom data.
 *
 * Click ids count: each is told to its own vendor alone. What begins with a dollar is the SDK's own, not the sender's.
 */
export const isPersonalKey = rememberWords((key) => {
  const folded = foldKey(key);
  return key.startsWith("$") || folded === "" || personal.has(folded) || personalParts.test(folded);
});
