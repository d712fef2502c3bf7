import { createIsbotFromList, isbot, list } from "isbot";
import type { BotList } from "./bot-list.ts";
import { withoutClientLibraries } from "./client-libraries.ts";
import { namesKnownCrawler, namesServerPlatform } from "./crawler-names.ts";

/**
 * Patterns of the open list that tell no crawler's name: the mere form of a User-Agent (`name/1.2`, no spaces, digits
 * first), or words that servers, tools and libraries bear as often as crawlers.
 *
 * The list is made for the User-Agents of websites' visitors, where whatever poses as no browser is suspicious. Here
 * apps and servers are senders like any other.
 */
const formsAndWords = new Set([
  "\\(\\)",
  "(?:^|[^g])news(?!sapphire)",
  "(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))",
  "(?<!cam)scan",
  "\\btime/",
  "^\\w*search\\b",
  "^active",
  "^discourse",
  "^facebook",
  "^offline",
  "^openai/",
  "^owler",
  "^rss",
  "^wordpress",
  "abuse",
  "analyzer",
  "archive",
  "audit",
  "capture",
  "catch",
  "checker",
  "classifier",
  "cloudflare",
  "detect",
  "discovery",
  "grab",
  "inspect",
  "monitor\\b",
  "parser",
  "preview",
  "radar",
  "retriever",
  "rigor",
  "rss\\b",
  "splash",
  "synapse",
  "synthetic",
  "transcoder",
  "validator",
  "virtuoso",
  ";\\s\\w+;$",
  "\\.com\\b",
  "\\b\\w+/1\\.0;",
  "\\|",
  "^[<\\(;]",
  "^[\\w \\.\\-\\(?:\\):%]+(?:/v?\\d+(?:\\.\\d+)?(?:\\.\\d{1,10})*?)?(?:,|$)",
  "^[\\w\\-]+/[\\w]+$",
  "^[^ ]{50,}$",
  "^\\d+\\b",
  "^\\w+/[\\w\\(\\)]*$",
  "^\\w+/\\d\\.\\d\\s\\([\\w@]+\\)$",
  "^mozilla/\\d\\.\\d\\s[\\w\\.-]+$",
  "(?<!lib)http",
  "\\bperl\\b",
  "^apache/",
  "^azure",
  "^claude-code/",
  "^client/",
  "^custom",
  "^cobweb/",
  "^dispatch/\\d",
  "^email",
  "^jetty/",
  "^microsoft bits",
  "^php",
  "^postman",
  "^python",
  "^rank",
  "^read",
  "^reed",
  "^rest",
  "^stape/",
  "^track",
  "^wget",
  "agent\\b",
  "advisor",
  "check\\b",
  "cursor/",
  "download",
  "feed",
  "insight",
  "java(?!;)",
  "library",
  "measure",
  "node\\b",
  "optimize",
  "proxy",
  "server",
  "tools",
  "torrent",
  "url",
]);

/** A web address behind a plus sign: by it a crawler says who runs it. Libraries name the place of their code. */
const contact = /\+\s*https?:\/\/(?!(?:www\.)?(?:github|gitlab|bitbucket)\.)/i;
const namesCrawler = createIsbotFromList(list.filter((pattern) => !formsAndWords.has(pattern)));

/** An app's own User-Agent, by the system or device that it names beside its name. */
const appForm =
  /\b(?:cfnetwork|darwin|okhttp|dalvik|dart|unityplayer|alamofire|android|ios|ipados|iphone|ipad|tvos)\b/i;
/**
 * What an app is never called: an app may be named Daily News, Feed Reader or Robot Race, and its User-Agent begins
 * with that name.
 */
const botCompanies = `
  google|bing|yandex|baidu|apple|duckduck|facebook|petal|semrush|ahrefs|mj12|dot|cc|gpt|claude|amazon|twitter|linkedin|
  pinterest|slack|telegram|discord|seznam|exa|uptime|pingdom\\.com_|adbeat_|oai-search|perplexity|you
`.replace(/\s+/g, "");
const crawlersOwnName = new RegExp(
  `(?:${botCompanies})-?(?:ro)?bots?\\b|bytespider|baiduspider|crawler\\b|facebookexternalhit|` +
    "mediapartners-google|google-inspectiontool|ia_archiver",
  "i",
);

/** A bot whose version follows without a separator: `trendictionbot0.5.0`. */
const trailingBot = /[a-z]bot\d/i;

const browserLike = /^Mozilla\//i;
/** All that is left of `Mozilla/5.0 Node/v20.11.0` without the library. */
const bareBrowser = /^Mozilla\/[\d.]*$/i;

/**
 * Whether a User-Agent is a named crawler's, whatever it poses as.
 *
 * Names of HTTP clients and SDKs are taken out first: they are no crawler's. What poses as a browser is held against
 * the whole open list; what calls itself an app or a program only against names of crawlers. `botList` is an operator's
 * list, which is asked about what is left.
 */
export function isKnownBot(userAgent: string, botList: BotList | null): boolean {
  const rest = withoutClientLibraries(userAgent);
  if (rest === "" || bareBrowser.test(rest)) return false;
  if (botList?.(rest)) return true;
  if (crawlersOwnName.test(rest)) return true;
  if (namesServerPlatform(rest)) return false;
  if (browserLike.test(rest)) return isbot(rest);
  if (appForm.test(userAgent)) return contact.test(rest);
  return namesCrawler(rest) || namesKnownCrawler(rest) || trailingBot.test(rest) || contact.test(rest);
}
