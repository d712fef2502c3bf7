/**
 * Endings of files' names, which are no top-level domains (or, as `zip` and `mov`, ones that hardly any mail goes to).
 * Nothing that ends so is an email address: `icon@2x.png`.
 */
export const fileEndings: ReadonlySet<string> = new Set(
  [
    "png jpg jpeg jpe jfif gif webp svg ico bmp avif heic heif tif tiff psd apng jxl raw eps",
    "css scss sass less js mjs cjs jsx tsx json jsonl xml html htm xhtml php asp aspx jsp vue svelte map min wasm",
    "pdf txt csv tsv log doc docx xls xlsx ppt pptx odt rtf ics vcf ini cfg conf toml yml yaml lock sql bak tmp plist",
    "mp3 mp4 m4a m4v mov avi mkv webm ogg oga ogv wav flac aac mpeg mpg m3u8",
    "zip gz tgz bz2 xz rar tar jar war whl apk aab ipa exe dll dmg msi pkg deb rpm iso bin",
    "woff woff2 ttf otf eot",
  ]
    .join(" ")
    .split(" "),
);

/** What a number with dots is the version, the edition or the place of, where it stands behind such a word. */
const versionNames: ReadonlySet<string> = new Set(
  [
    "v ver vers rev fw sdk semver oid oids section chapter clause bootloader baseband",
    "appver osver sdkver libver clientver browserver fwver swver hwver pluginver chromever",
    "chrome chromium firefox safari edge edg opera",
    "android ios ipados macos osx tvos watchos bios rom patch kernel driver engine",
  ]
    .join(" ")
    .split(" "),
);
const versionEndings = ["version", "firmware", "build", "release", "revision"];
/** What a key adds to such a word: `versionName`, `build_number`. */
const qualifiers = [
  "name",
  "code",
  "number",
  "num",
  "no",
  "string",
  "str",
  "id",
  "full",
  "text",
  "label",
  "value",
  "s",
];

/** Words before a slash behind which stands an address, though they look like a product's name: `Client/10.1.2.3`. */
export const hostNames: ReadonlySet<string> = new Set(
  [
    "client clients host hostname localhost local remote server address addr inetaddress socketaddress socket peer",
    "proxy gateway source src destination dest dst origin user visitor node from to lan wan vpn nat forwarded",
  ]
    .join(" ")
    .split(" "),
);

/** What stands under a contact's key where it is asked whether there is one, or may be used. */
export const answers: ReadonlySet<string> = new Set(
  [
    "true false yes no on off y n t f 0 1 enabled disabled allowed denied granted verified unverified",
    "subscribed unsubscribed opted_in opted_out opted-in opted-out optin optout opt-in opt-out",
  ]
    .join(" ")
    .split(" "),
);

const qualifiedCharsMin = 3;

/** True for a name in lower case, letters and digits only, behind which stand versions. */
export function namesVersion(name: string): boolean {
  if (isVersionName(name)) return true;
  return qualifiers.some((qualifier) => {
    const rest = name.slice(0, -qualifier.length);
    return rest.length >= qualifiedCharsMin && name.endsWith(qualifier) && isVersionName(rest);
  });
}

function isVersionName(name: string): boolean {
  if (versionNames.has(name)) return true;
  return versionEndings.some((ending) => name.endsWith(ending)) && !name.endsWith("conversion");
}

type WordKind = "fileEnding" | "versionName" | "versionEnding" | "qualifier" | "answer" | "hostName";

/** Every word for a kernel that looks them up. */
export const knownWords: Readonly<Record<WordKind, string[]>> = {
  fileEnding: [...fileEndings],
  versionName: [...versionNames],
  versionEnding: versionEndings,
  qualifier: qualifiers,
  answer: [...answers],
  hostName: [...hostNames],
};
