import { emailMask, ipMask, phoneMask, userAgentMask } from "../model/identity/masks.ts";
import { namesVersion } from "./detector/known-words.ts";
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
  /** What stands in place of a value under such a key inside a text; null for rows that are touched by paths only. */
  readonly mask: string | null;
  /** Folded: lower case, without `_ - space $ . : /`. */
  readonly spellings: readonly string[];
}

/**
 * The normative key table: key spelling → treatment, normaliser, identity field.
 *
 * Keys are compared after unescaping, in lower case, without `_ - $ . : / * # " '`, white space, dashes and what is not
 * seen, fullwidth letters as plain ones, as a whole and by what stands behind their last `. : /` or in their last
 * brackets, indexes, `value`, `number` and `address` at their end left out, Latin letters without their accents: so
 * `User_Agent`, `$userAgent`, `http.user-agent`, `traits[email]`, `user.phones[0].value`, `Téléphone` are found.
 * Only exact spellings count: `zip` must not be an ip, nor `email_opt_in` an email.
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
    mask: ipMask,
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
      ip4 ip6 uip ipraw rawip sessionip proxyip gatewayip natip browserip httpxrealip
      httpcfconnectingip httptrueclientip
    `),
  },
  {
    treatment: "remove",
    normaliser: "plain",
    identity: null,
    mask: userAgentMask,
    spellings: words(`
      useragent useragents ua uas uastring useragentstring rawuseragent useragentraw useragentoriginal originaluseragent
      fulluseragent useragentfull useragentheader useragentdata useragenthints useragentclienthints uadata uaraw rawua
      clientuseragent clientua httpuseragent browseruseragent browserua deviceuseragent deviceua webviewuseragent
      requestuseragent visitoruseragent customeruseragent appuseragent sdkuseragent navigatoruseragent xuseragent
      xoriginaluseragent xdeviceuseragent xoperaminiphoneua initialuseragent lastuseragent signupuseragent
      secchua secchuafullversion secchuafullversionlist secchuaplatformversion secchuamodel
      uafull webviewua browseragent httpagent actionsourceuseragent
    `),
  },
  {
    treatment: "hash",
    normaliser: "email",
    identity: "emailSha256",
    mask: emailMask,
    spellings: words(`
      email emails mail emailaddress emailaddresses mailaddress emailid useremail useremailaddress customeremail
      customeremailaddress contactemail primaryemail personalemail privateemail workemail businessemail billingemail
      shippingemail loginemail accountemail signupemail memberemail buyeremail subscriberemail leademail
      email1 email2 emailraw rawemail verifiedemail newemail guestemail formemail inputemail emailfield emailinput
      emailadresse mailadresse adresseemail adressemail correo correoelectronico courriel
      em emailsha256 sha256email sha256emailaddress hashedemail emailhash emailhashed emailaddresssha256
    `),
  },
  {
    treatment: "hash",
    normaliser: "phone",
    identity: "phoneSha256",
    mask: phoneMask,
    spellings: words(`
      phone phones phonenumber phonenumbers phoneno phonenum tel telephone telephonenumber telnumber telno
      mobile mobilephone mobilenumber mobileno mobilephonenumber cellphone cellphonenumber cellnumber handphone msisdn
      userphone userphonenumber customerphone customerphonenumber contactphone contactnumber primaryphone homephone
      workphone businessphone billingphone shippingphone whatsapp whatsappnumber smsnumber smsphone
      phone1 phone2 phone3 tel1 tel2 mobile1 mobile2 phonenr phoneraw rawphone phonehome phonework phonemobile
      usermobile customermobile contactno verifiedphone newphone guestphone altphone secondaryphone leadphone
      accountphone profilephone ownerphone formphone fieldphone inputphone dataphone phonefield phoneinput phonetext
      phno wanumber cellno landline faxnumber xphone fullphone fullphonenumber internationalphone nationalphonenumber
      telefon telefonnummer telefonnr telefono telefone telefoon telefoonnummer handy handynummer handynr mobil
      mobilnummer mobiltelefon rufnummer celular cellulare movil telefonomovil telefonocelular numerodetelefono
      ph phonesha256 phonenumbersha256 hashedphone phonehash phonehashed
    `),
  },
  {
    treatment: "hash",
    normaliser: "phone",
    identity: "phoneE164Sha256",
    mask: phoneMask,
    spellings: words(`
      phonee164 e164 e164phone phonenumbere164
      phonee164sha256 phonesha256e164 e164sha256 sha256phone sha256phonenumber hashedphonenumber
    `),
  },
  {
    treatment: "path",
    normaliser: "name",
    identity: null,
    mask: null,
    spellings: words("fn firstname fname first givenname forename"),
  },
  {
    treatment: "path",
    normaliser: "name",
    identity: null,
    mask: null,
    spellings: words("ln lastname lname last surname familyname"),
  },
  { treatment: "path", normaliser: "city", identity: null, mask: null, spellings: words("ct city town locality") },
  {
    treatment: "path",
    normaliser: "state",
    identity: null,
    mask: null,
    spellings: words("st state province region statecode"),
  },
  {
    treatment: "path",
    normaliser: "zip",
    identity: null,
    mask: null,
    spellings: words("zp zip zipcode postal postalcode postcode plz"),
  },
  { treatment: "path", normaliser: "country", identity: null, mask: null, spellings: words("country countrycode") },
  { treatment: "path", normaliser: "gender", identity: null, mask: null, spellings: words("ge gender sex") },
  {
    treatment: "path",
    normaliser: "date_of_birth",
    identity: null,
    mask: null,
    spellings: words("db dob birthday birthdate dateofbirth bday"),
  },
];

const rowsBySpelling = new Map(keyTable.flatMap((row) => row.spellings.map((spelling) => [spelling, row] as const)));
const foldedCharsMax = Math.max(...[...rowsBySpelling.keys()].map((spelling) => spelling.length));
/** Signs, white space, dashes and what is not seen (zero width, marks of direction): no part of a key. */
const ignoredChars = /[_\-$.:/*#"'\s\u00ad\u180e\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u206f]/g;
const fullwidth = /[\uff01-\uff5e]/g;
/** An index at the end of a key, and what is not seen behind it. */
const lastIndex = /(?:\[[\d*]{0,9}\]|[.:/]\d{1,9}|[\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f])$/;
const lastPart = /[.:/]([^.:/]*)$/;
/** A name with brackets, as forms write it. No mask of the detector can end so: `x [email]` is none. */
const lastBrackets = /^[\w.:/-]*[A-Za-z0-9](?:\[\w*\])*\[([^[\]]*)\]$/;
const indexesMax = 4;
/** Last parts of keys that say nothing of what is there. */
const bareParts = new Set(["value", "number", "address"]);
const barePartsMax = 2;
/** Base letters of U+00E0 to U+00FF; a space where there is none. */
const baseLetters = "aaaaaa ceeeeiiii nooooo ouuuuy  ";
const accents = /[\u0300-\u036f]/g;
const accented = /[\u00e0-\u00ff]/g;

/** The table's row for a key as it stands (unescaped) in an event, or null. */
export function keyRowOf(key: string): KeyRow | null {
  const row = rowsBySpelling.get(fold(key));
  if (row !== undefined) return row;
  let rest = key;
  for (let bare = 0; bare <= barePartsMax; bare++) {
    const name = withoutIndexes(rest);
    const whole = name === key ? undefined : rowsBySpelling.get(fold(name));
    if (whole !== undefined) return whole;
    const tail = lastBrackets.exec(name) ?? lastPart.exec(name);
    if (tail === null) return null;
    const last = tail[1] as string;
    const found = rowsBySpelling.get(fold(last)) ?? rowsBySpelling.get(fold(lastPart.exec(last)?.[1] ?? ""));
    if (found !== undefined) return found;
    if (!bareParts.has(fold(last))) return null;
    rest = name.slice(0, name.length - last.length - (name.endsWith("]") ? 2 : 1));
  }
  return null;
}

function withoutIndexes(key: string): string {
  let name = key;
  for (let i = 0; i < indexesMax; i++) {
    const index = lastIndex.exec(name);
    if (index === null) break;
    name = name.slice(0, index.index);
  }
  return name;
}

/** Keys whose value is the name of what another member of their object holds: `{"name":"phone","value":…}`. */
const namingKeys = new Set(words(namingSpellings()));
/** Keys of what it holds. */
const valueKeys = new Set(words(valueSpellings()));

export function isNamingKey(key: string): boolean {
  return namingKeys.has(fold(key));
}

export function isValueKey(key: string): boolean {
  return valueKeys.has(fold(key));
}

/** Folded spellings of the keys of values. */
export function valueSpellings(): string {
  return "value values val v stringvalue fieldvalue answer content text number address contact input";
}

/** Folded spellings of the keys of names. */
export function namingSpellings(): string {
  return `name key k field fieldname fieldkey system type label kind property prop attribute attr param parameter header
    id question title code slug column use channel contacttype method ref inputname`;
}

/** True under keys that hold version numbers, whose four-part values look like IPv4 addresses. */
export function holdsVersions(key: string): boolean {
  return namesVersion(fold(key));
}

function fold(key: string): string {
  const plain = key.replace(fullwidth, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0));
  return lowerText(plain).replace(ignoredChars, "").replace(accents, "").replace(accented, baseLetterOf);
}

function baseLetterOf(char: string): string {
  const letter = baseLetters[char.charCodeAt(0) - 0xe0] as string;
  return letter === " " ? char : letter;
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Longest folded spelling, so that a kernel may skip longer keys. Units: characters. */
export const spellingCharsMax = foldedCharsMax;
