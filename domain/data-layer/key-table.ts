import { lowerText } from "./text.ts";

/** How a value is brought into one form before it is hashed (vendor rules: normalise.ts). */
export type NormaliserName =
  | "email"
  | "phone"
  | "name"
  | "city"
  | "state"
  | "zip"
  | "country"
  | "gender"
  | "date_of_birth"
  | "plain";

export type IdentityField = "emailSha256" | "phoneSha256" | "phoneE164Sha256";

/** One row of the normative key table. */
export interface KeyRow {
  /**
   * `remove`: taken out at any depth. `hash`: replaced by its hash at any depth, and feeds the identity block.
   * `path`: touched only where a configured path ends in such a key; the row then names the normaliser.
   */
  readonly treatment: "remove" | "hash" | "path";
  readonly normaliser: NormaliserName;
  /** The identity field a value fills that comes as a hash already, or can be normalised. */
  readonly identity: IdentityField | null;
  /** Folded: lower case, without `_ - space $ . : /`. */
  readonly spellings: readonly string[];
}

/**
 * The normative key table: key spelling → treatment, normaliser, identity field.
 *
 * Keys are compared after unescaping, in lower case, without `_ - space $ . : /`, as a whole and by what stands
 * behind their last `. : /` or in their last brackets: so `User_Agent`, `$userAgent`, `http.user-agent` and
 * `traits[email]` are found. Only exact spellings count: `zip` must not be an ip, nor `email_opt_in` an email.
 * An email under any other key is still masked by the detector; the list decides where it can be joined on.
 * `em`, `ph` and the `…sha256` spellings are those of vendors' conversion APIs: what is not 64 hex digits
 * there is taken as raw. A phone's hash is one of digits (Meta's `ph`, and what hashing in place leaves under `phone`)
 * but for keys that TikTok and Google have for the form with a plus: `sha256_phone_number`, `hashed_phone_number`.
 * `mail`, `mobile`, `ua` are short but frequent; losing an unrelated value is the lesser harm.
 * `forwarded`, `cell`, `host`, `address`, `contact` are left out: they mostly mean something else.
 */
export const keyTable: readonly KeyRow[] = [
  {
    treatment: "remove",
    normaliser: "plain",
    identity: null,
    spellings: words(`
      ip ips ipaddr ipaddress ipaddresses ipv4 ipv6 ipv4address ipv6address ipoverride
      clientip clientips clientipaddress clientipv4 clientipv6 clientaddr clientaddress
      userip useripaddress visitorip customerip deviceip deviceipaddress publicip privateip localip lanip wanip
      remoteip remoteaddr remoteaddress remoteipaddress sourceip sourceipaddress srcip originip originalip
      requestip requestipaddress requesterip senderip peerip peeraddress hostip serverip realip externalip internalip
      lastip lastseenip lastloginip lastsigninip currentip currentloginip currentsigninip loginip signupip signinip
      registrationip registerip createdip initialip httpclientip httpxforwardedfor netpeerip netsockpeeraddr
      xforwardedfor forwardedfor xforwarded forwardedforip xoriginalforwardedfor xrealip xclientip xremoteip xremoteaddr
      xclusterclientip cfconnectingip cfconnectingipv6 cfpseudoipv4 trueclientip fastlyclientip flyclientip
      xazureclientip xazuresocketip xappengineuserip xenvoyexternaladdress doconnectingip akamaiclientip
    `),
  },
  {
    treatment: "remove",
    normaliser: "plain",
    identity: null,
    spellings: words(`
      useragent useragents ua uas uastring useragentstring rawuseragent useragentraw useragentoriginal originaluseragent
      fulluseragent useragentfull useragentheader useragentdata useragenthints useragentclienthints uadata uaraw rawua
      clientuseragent clientua httpuseragent browseruseragent browserua deviceuseragent deviceua webviewuseragent
      requestuseragent visitoruseragent customeruseragent appuseragent sdkuseragent navigatoruseragent xuseragent
      xoriginaluseragent xdeviceuseragent xoperaminiphoneua initialuseragent lastuseragent signupuseragent
      secchua secchuafullversion secchuafullversionlist secchuaplatformversion secchuamodel
    `),
  },
  {
    treatment: "hash",
    normaliser: "email",
    identity: "emailSha256",
    spellings: words(`
      email emails mail emailaddress emailaddresses mailaddress emailid useremail useremailaddress customeremail
      customeremailaddress contactemail primaryemail personalemail privateemail workemail businessemail billingemail
      shippingemail loginemail accountemail signupemail memberemail buyeremail subscriberemail leademail
      em emailsha256 sha256email sha256emailaddress hashedemail emailhash emailhashed emailaddresssha256
    `),
  },
  {
    treatment: "hash",
    normaliser: "phone",
    identity: "phoneSha256",
    spellings: words(`
      phone phones phonenumber phonenumbers phoneno phonenum tel telephone telephonenumber telnumber telno
      mobile mobilephone mobilenumber mobileno mobilephonenumber cellphone cellphonenumber cellnumber handphone msisdn
      userphone userphonenumber customerphone customerphonenumber contactphone contactnumber primaryphone homephone
      workphone businessphone billingphone shippingphone whatsapp whatsappnumber smsnumber smsphone
      ph phonesha256 phonenumbersha256 hashedphone phonehash phonehashed
    `),
  },
  {
    treatment: "hash",
    normaliser: "phone",
    identity: "phoneE164Sha256",
    spellings: words(`
      phonee164 e164 phonee164sha256 phonesha256e164 e164sha256 sha256phone sha256phonenumber hashedphonenumber
    `),
  },
  {
    treatment: "path",
    normaliser: "name",
    identity: null,
    spellings: words("fn firstname fname first givenname forename"),
  },
  {
    treatment: "path",
    normaliser: "name",
    identity: null,
    spellings: words("ln lastname lname last surname familyname"),
  },
  { treatment: "path", normaliser: "city", identity: null, spellings: words("ct city town locality") },
  { treatment: "path", normaliser: "state", identity: null, spellings: words("st state province region statecode") },
  {
    treatment: "path",
    normaliser: "zip",
    identity: null,
    spellings: words("zp zip zipcode postal postalcode postcode plz"),
  },
  { treatment: "path", normaliser: "country", identity: null, spellings: words("country countrycode") },
  { treatment: "path", normaliser: "gender", identity: null, spellings: words("ge gender sex") },
  {
    treatment: "path",
    normaliser: "date_of_birth",
    identity: null,
    spellings: words("db dob birthday birthdate dateofbirth bday"),
  },
];

const rowsBySpelling = new Map(keyTable.flatMap((row) => row.spellings.map((spelling) => [spelling, row] as const)));
const foldedCharsMax = Math.max(...[...rowsBySpelling.keys()].map((spelling) => spelling.length));
const ignoredChars = /[_\- $.:/]/g;
const lastPart = /[.:/]([^.:/]*)$/;
/** A name with brackets, as forms write it. No mask of the detector can end so: `x [email]` is none. */
const lastBrackets = /^\w*[A-Za-z0-9](?:\[\w*\])*\[([^[\]]*)\]$/;

/** The table's row for a key as it stands (unescaped) in an event, or null. */
export function keyRowOf(key: string): KeyRow | null {
  const row = rowsBySpelling.get(fold(key));
  if (row !== undefined) return row;
  const tail = lastBrackets.exec(key) ?? lastPart.exec(key);
  return (tail === null ? undefined : rowsBySpelling.get(fold(tail[1] as string))) ?? null;
}

/** True under keys that hold version numbers, whose four-part values look like IPv4 addresses. */
export function holdsVersions(key: string): boolean {
  const folded = fold(key);
  return folded.endsWith("version") || folded.endsWith("build");
}

function fold(key: string): string {
  return lowerText(key).replace(ignoredChars, "");
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Longest folded spelling, so that a kernel may skip longer keys. Units: characters. */
export const spellingCharsMax = foldedCharsMax;
