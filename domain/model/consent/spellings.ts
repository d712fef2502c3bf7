import { advertising, analytics, bothPurposes, kinds } from "./kinds.ts";

/**
 * What consent tools, tag managers and SDKs call purposes, categories, answers and the objects around them.
 *
 * `consentSpellings` joins these lists into one table; table.ts is its output, and what every kernel holds.
 * Source: documentation and payloads of Segment, RudderStack, Google's consent mode, OneTrust, Cookiebot, Usercentrics,
 * Didomi, Osano, CookieYes, Complianz, iubenda, Ketch, Axeptio, mParticle, Adobe, walkerOS, Shopify, and the IAB's TCF
 * and US privacy string.
 */
const advertisingWords = words(`
  ad ads advertising advertisement marketing targeting targetedadvertising personalizedads personalisedads socialmedia
`);
const analyticsWords = words("analytics statistics statistic performance measurement");
/** The same, of which fewer endings are to be expected. */
const moreAdvertisingWords = words(`
  adv advert adverts advertise advertisements remarketing retargeting targeted targetedads personalizedadvertising
  personalisedadvertising adspersonalization behavioralads behaviouralads behavioraladvertising
  behaviouraladvertising interestbasedads interestbasedadvertising saleofinfo saleofdataallowed sellingofinfo
  crosscontextbehavioraladvertising social
  socialnetworks conversiontracking sale saleofdata saleofpersonaldata datasale datasharing adtracking werbung reklame
  publicite publicidad publicidade pubblicita advertentie advertenties publicité mercadotecnia markedsføring
  markkinointi marknadsföring
`);
const moreAnalyticsWords = words(`
  analytic analytical analyticsandperformance performanceandanalytics statistical stats metrics usagedata
  usagestatistics audiencemeasurement webanalytics productanalytics statistik statistiken statistiques statistieken
  estadisticas estadísticas analytik analyse analysen statistika statystyka statistiche estatisticas estatísticas
  mesureaudience
`);
/** Two purposes of advertising in one name, as consent tools print them: `Advertising & Marketing`. */
const advertisingTwins = words(
  "advertising marketing targeting ads advertisement socialmedia targetedadvertising",
).flatMap((first, _, all) =>
  all.filter((second) => second !== first).flatMap((second) => [first + second, `${first}and${second}`]),
);
/** Of both purposes in one name, a no refuses both. */
const purposeTwins = words("advertising marketing").flatMap((first) =>
  words("analytics statistics performance").flatMap((second) => [
    first + second,
    second + first,
    `${first}and${second}`,
    `${second}and${first}`,
  ]),
);
const bothWords = words("tracking general all everything allpurposes nonessential nonnecessary optional collect");

/** Categories by their ids and names that take no ending. */
const advertisingIds = words(`
  c0004 c0005 meta facebook facebookpixel facebookads metapixel metaads
  facebookconversionsapi metaconversionsapi tiktok tiktokpixel tiktokads googleads
  googleadsense doubleclick adid share sharing cookies storeandaccessinformationonadevice storeinformation
  selectbasicads createadsprofile createpersonalizedadsprofile createpersonalisedadsprofile selectpersonalizedads
  selectpersonalisedads uselimiteddatatoselectadvertising createprofilesforpersonalisedadvertising
  createprofilesforpersonalizedadvertising useprofilestoselectpersonalisedadvertising
  useprofilestoselectpersonalizedadvertising measureadperformance measureadvertisingperformance
  advertisingpersonalization iubenda5
`);
const analyticsIds = words(`
  c0002 measurecontentperformance marketresearch improveproducts developandimproveproducts developandimproveservices
  understandaudiencesthroughstatisticsorcombinationsofdatafromdiff iubenda4
`);
const unrelatedIds = words(`
  c0001 c0003 necessary strictlynecessary strictlynecessarycookies necessarycookies essential essentials
  essentialcookies required requiredcookies functional functionality functionalcookies functionalitystorage
  personalizationstorage securitystorage preferences preference preferencecookies personalization personalisation
  personalize personalise security unclassified unclassifiedcookies uncategorized comfort convenience experience
  createcontentprofile selectpersonalizedcontent selectpersonalisedcontent createprofilestopersonalisecontent
  useprofilestoselectpersonalisedcontent vendors vendor vendorconsents vendorconsent vendorlegitimateinterests
  legitimateinterests legitimateinterest purposelegitimateinterests legint specialfeatures specialfeatureoptins
  publisher googleanalytics iubenda1 iubenda2 iubenda3
`);
/** Purposes of the TCF: 5, 6 and 11 are about content. */
const purposesOfTcf: Readonly<Record<number, number>> = {
  1: advertising,
  2: advertising,
  3: advertising,
  4: advertising,
  5: kinds.unrelated,
  6: kinds.unrelated,
  7: advertising,
  8: analytics,
  9: analytics,
  10: analytics,
  11: kinds.unrelated,
};
const tcfPrefixes = words("purpose iabpurpose tcfpurpose gdprpurpose iabv2 iab2v2 purposeconsent");

/** Keys of Google's consent mode, and of those who pass it on. They mean nothing else, wherever they stand. */
const googleAdvertising = words(`
  adstorage aduserdata adpersonalization adpersonalisation adpersonalizationsignals allowadpersonalizationsignals
`);
const googleAnalytics = words("analyticsstorage");
const googleBeginnings = words("consent contextconsent googleconsent consentmode");
const googleEndings = ["", ...words("consent granted state status consentstate consentstatus consentgranted")];
const refusalsAnywhere = words(`
  globalprivacycontrol secgpc gpcenabled isgpcenabled gpcsignal donotsell donotsellorshare donotsellmyinfo
  donotsellmydata donotsellmypersonalinformation donotsellmypersonalinfo ccpaoptout ccpaoptedout saleoptout
  datasaleoptout optoutofsale optedoutofsale donotshare donotsharemypersonalinformation donotsellorsharemydata
  globalprivacycontrolenabled globalprivacycontrolsignal targetedadvertisingoptout sharingoptout
`);
/** At the event's top level and in its context these are about the person's browser, below that about anything. */
const refusalsOutermost = words("gpc gpcflag optoutofads");
/** A yes to these refuses everything there. */
const optOutsOutermost = words("optout optedout isoptedout hasoptedout trackingoptedout");
const refusalsInside = words("gpc gpcflag dnt donottrack restricteddataprocessing limiteddatause optoutofads");

const containers = words(`
  consentstates consentstatuses consentmode consentmodev2 consentmodevalues consentmanagement consentmanager
  consentpreferences consentpreference consentsettings consentcategories consentcategory consentpurposes consentgroups
  consentdata consentinfo consentobject consentflags consentchoices consentvalues consentsignals consentdefault
  consentupdate consentedpurposes googleconsent googleconsentmode googleconsentmodev2 googleconsentstate gconsent
  gtagconsent gtmconsent userconsents usercconsents cookieconsents cookiepreferences cookiesettings cookiecategories
  categorypreferences trackingpreferences onetrustgroups onetrustconsent optanonconsent cookiebotconsent uccategory
  ucconsent ucconsentstatus didomiconsent cookieyesconsent tcfconsent tcfdata
`);
/** What may be about something else below `properties`. */
const contextContainers = words(`
  privacy privacypreferences privacysettings privacyoptions privacychoices gdpr onetrust cookiebot usercentrics
  ucsettings didomi klaro complianz cookieyes axeptio osano ketch truste trustarc tcf tcfv2 tcdata iabtcf iab gcm
  marketingpreferences axeptiocookies axeptiochoices axeptioconsent iubcs cookiehub termly sourcepoint transcend evidon
  customerprivacy shopifycustomerprivacy cookieconsentlevel cookiefirst cookiescript cookieinformation cookiecontrol
  tarteaucitron quantcast quantcastchoice secureprivacy borlabs borlabscookie realcookiebanner hubspotconsent hsconsent
  hsprivacypolicy consentmanagernet gpp gppsections parsedsections usnat usca usva usco usct usut cmp cmpdata
 
`);
const outermostContainers = words(`
  consent consents consentstate consentstatus consentgiven consentgranted hasconsent userconsent customerconsent
  visitorconsent cookieconsent dataconsent privacyconsent gdprconsent trackingconsent cookieconsentstatus
`);
/** With these, `…consent` is about tracking wherever it stands; with `marketing` it may be about a newsletter. */
const plainlyTracking = words("ad ads advertising advertisement targeting analytics statistics performance");

const stateKeys = words(`
  value val status state consent consents consentstatus consentstate consentgiven consentgranted consented given
  granted
  isgranted allowed isallowed allow accepted isaccepted accept agreed agree optin optedin isoptedin choice decision
  permission answer action useraction consentaction update updated current
`);
/** Of a purpose the same; of consent as a whole they may be about the tool, so that a no there refuses nothing. */
const switchKeys = words("enabled isenabled active isactive selected checked");
const refusalKeys = words(`
  optout optedout isoptedout denied isdenied declined isdeclined rejected isrejected refused isrefused revoked
  isrevoked withdrawn objected rejectall rejectedall declineall declinedall denyall deniedall refuseall refusedall
`);
const refusalSwitchKeys = words("disabled isdisabled blocked isblocked");
const listed = words("ids categories purposes groups services consentids consents");
const allowLists = words("allowed granted accepted enabled active given consented approved permitted optin optedin");
const denyLists = words(`
  denied rejected declined refused disabled blocked revoked withdrawn notgranted inactive unconsented optout optedout
  deny
`);
const listsAnywhere = words("allowedconsentids onetrustactivegroups optanonactivegroups");
const nameKeys = words(`
  id name category categoryid categoryname purpose purposeid purposename key type group groupid code slug label title
  consenttype consentid consentname service servicename
`);

const yesWords = words(`
  true yes y t 1 on allow allowed accept accepted acceptall allowall grantall grant granted optin optedin in consent
  consented consentgranted consentgiven consentstatusgranted given enable enabled active agree agreed approve approved
  permit permitted confirmed allaccepted allgranted allallowed acceptedall ja oui si sí sim tak kyllä akzeptiert
  zugestimmt erlaubt accepte accepté aceptado aceito
  accettato geaccepteerd godkendt godkänd
`);
const noWords = words(`
  false no n f 0 off deny denied denyall disallow disallowed reject rejected rejectall refuse refused refuseall
  decline
  declined declineall revoke revoked revokeconsent withdraw withdrawn optout optedout out disable disabled block
  blocked
  inactive none never forbidden objected notgranted notallowed notgiven notconsented notaccepted noconsent
  nonconsented
  consentdenied consentstatusdenied consentrevoked consentwithdrawn unconsented necessaryonly onlynecessary
  essentialonly onlyessential strictlynecessaryonly alldenied allrejected alldeclined allrefused rejectedall nein
  non nee nej nei não nao nie abgelehnt verweigert refuse refusé
  rechazado denegado recusado negado rifiutato negato geweigerd afvist nekad
  00 000 nope disagree disagreed disagrees deactivate deactivated withheld restricted prohibited denial refusal negative
  rejection disapproved unapproved unauthorized unauthorised notauthorized notauthorised notapproved notpermitted
  notagreed notenabled notactive notopted notoptedin donotallow dontallow donotconsent dontconsent donotaccept
  alldisabled allblocked deniedbyuser deniedbydefault disabledbyuser userdenied userrejected userdeclined
  ablehnen ablehnung nichterteilt nichterlaubt nichtgestattet nichtzugestimmt nichtakzeptiert widersprochen widerrufen
  untersagt refuser refusee refusée nonaccepte nonaccepté nonaccorde nonaccordé noaceptado noacepto nopermitido
  rechazar rifiuta rifiutare nonaccettato nonconsentito naoaceito nãoaceito naoautorizado nãoautorizado niettoegestaan
  niet weigeren afgewezen odrzucono odrzucone odmowa odmitnuto odmítnuto odmietnute odmietnuté elutasitva elutasítva
  hylatty hylätty avvist avslatt avslått avslag nekaj hayir hayır reddedildi reddet όχι ohi нет ні не отказ отказано
  отклонено запрещено khong không tidak refuzat nu nem ei ne いいえ 拒否 不同意 拒绝 拒絕 否 아니오 아니요 거부 لا رفض לא ไม่
`);

const endings = words(`
  cookie cookies consent consentgiven consentstate consentstatus storage tracking allowed granted accepted enabled
  optin
`);
const refusalEndings = words("optout optedout denied declined rejected refused revoked disabled");
const beginnings = words("consent allow accept has is");
const refusalBeginnings = words("deny reject disable optout no");

/** The whole table: spelling (letters and digits in lower case) → kinds. */
export function consentSpellings(): Map<string, number> {
  const table = new Map<string, number>();
  const add = (list: readonly string[], bits: number) => {
    for (const word of list) table.set(word, (table.get(word) ?? 0) | bits);
  };
  addPurposes(add, advertisingWords, moreAdvertisingWords, advertising);
  addPurposes(add, analyticsWords, moreAnalyticsWords, analytics);
  add(advertisingTwins, advertising);
  add(purposeTwins, bothPurposes);
  add(bothWords, bothPurposes);
  add(words("trackingallowed trackingenabled trackingaccepted trackinggranted trackingcookies"), bothPurposes);
  add(words("trackingdenied trackingoptout trackingdisabled notracking"), bothPurposes | kinds.inverse);
  add(advertisingIds, advertising);
  add(analyticsIds, analytics);
  for (const [number, bits] of Object.entries(purposesOfTcf))
    add(
      tcfPrefixes.map((prefix) => prefix + number),
      bits,
    );
  addPlaces(add);
  addAnswers(add);
  for (const word of unrelatedIds) table.set(word, kinds.unrelated);
  return table;
}

function addPurposes(add: Add, most: readonly string[], more: readonly string[], purpose: number): void {
  add([...more, ...more.flatMap((word) => [`${word}cookies`, `${word}consent`])], purpose);
  for (const word of most) {
    add([word, ...endings.map((end) => word + end), ...beginnings.map((begin) => begin + word)], purpose);
    add(
      refusalEndings.map((end) => word + end),
      purpose | kinds.inverse,
    );
    add(
      refusalBeginnings.map((begin) => begin + word),
      purpose | kinds.inverse,
    );
    add([`${word}consent`, `consent${word}`, `${word}consentgiven`, `${word}consentstatus`], kinds.outermost);
  }
}

type Add = (list: readonly string[], bits: number) => void;

/** Keys by which consent is found in an event. */
function addPlaces(add: Add): void {
  const google = (list: readonly string[]) =>
    list.flatMap((word) => [
      ...googleEndings.map((end) => word + end),
      ...googleBeginnings.map((begin) => begin + word),
    ]);
  add(google(googleAdvertising), advertising | kinds.anywhere);
  add(google(googleAnalytics), analytics | kinds.anywhere);
  add(refusalsAnywhere, advertising | kinds.inverse | kinds.anywhere);
  add(refusalsInside, advertising | kinds.inverse);
  add(refusalsOutermost, kinds.outermost);
  add(optOutsOutermost, kinds.outermost | kinds.container);
  add([...containers, ...outermostContainers], kinds.container);
  add([...contextContainers, ...outermostContainers], kinds.outermost);
  add(words("trackingconsent"), bothPurposes);
  for (const word of plainlyTracking) add([`${word}consent`, `consent${word}`], kinds.anywhere);
  add(
    words("iabtcftcstring tcstring tcfstring gdprconsent gdprconsentstring euconsent euconsentv2 consentstring"),
    kinds.tcf | kinds.anywhere,
  );
  add(words("iabtcfpurposeconsents purposeconsents iabtcfpublisherconsent"), kinds.purposeDigits | kinds.anywhere);
  add(words("gcs xgagcs"), kinds.googleSignals | kinds.anywhere);
  add(words("gcd xgagcd"), kinds.googleDefaults | kinds.anywhere);
  add(words("usprivacy usprivacystring iabusprivacystring ccpastring uspstring"), kinds.usPrivacy | kinds.anywhere);
  add(words("ccpa usp uspconsent"), kinds.usPrivacy | kinds.outermost);
  add(words("iubenda"), kinds.iubenda | kinds.container | kinds.outermost);
  add(words("iubcs"), kinds.iubenda);
}

/** What is said below such keys. */
function addAnswers(add: Add): void {
  add(stateKeys, kinds.state);
  add(refusalKeys, kinds.state | kinds.inverse);
  add(switchKeys, kinds.state | kinds.named);
  add(refusalSwitchKeys, kinds.state | kinds.inverse | kinds.named);
  add([...allowLists, ...allowLists.flatMap((word) => listed.map((end) => word + end))], kinds.allow);
  add(listsAnywhere, kinds.allow | kinds.anywhere);
  add([...denyLists, ...denyLists.flatMap((word) => listed.map((end) => word + end))], kinds.deny | kinds.inverse);
  add(words("deniedconsentids"), kinds.deny | kinds.inverse | kinds.anywhere);
  add(nameKeys, kinds.named);
  add(yesWords, kinds.yes);
  add(noWords, kinds.no);
}

/** The text of table.ts. */
export function renderConsentTable(): string {
  const byKinds = new Map<number, string[]>();
  for (const [spelling, bits] of consentSpellings()) byKinds.set(bits, [...(byKinds.get(bits) ?? []), spelling]);
  const rows = [...byKinds]
    .sort(([a], [b]) => a - b)
    .flatMap(([bits, spellings]) => {
      return [`  [${bits}, \``, ...wrapped(spellings.sort()).map((line) => `    ${line}`), "  `],"];
    });
  return [
    "/** Spellings by their kinds (kinds.ts). Made from spellings.ts by test/generated/make-consent-table.ts. */",
    "// biome-ignore format: generated",
    "export const consentTable: readonly (readonly [kinds: number, spellings: string])[] = [",
    ...rows,
    "];",
    "",
  ].join("\n");
}

const lineCharsMax = 116;

function wrapped(list: readonly string[]): string[] {
  const lines = [""];
  for (const word of list) {
    const last = lines.at(-1) as string;
    if (last.length + word.length < lineCharsMax) lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
