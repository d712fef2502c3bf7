/**
 * Names of crawlers, link previews, monitors and scanners that do not pose as a browser, in lower case.
 *
 * The open list finds many of them by words (`monitor`, `audit`, `google`) that a customer's own servers bear, too;
 * what calls itself a program is held against whole names instead. A space stands for itself or for `-`, `_` or none.
 * Source: the pages on which their operators name them.
 */
const names: readonly string[] = `
  chatgpt-user, claude-user, claude-web, claude-searchbot, anthropic-ai, perplexity-user, meta-externalagent,
  meta-externalfetcher, cohere-ai, mistralai-user, manus-user, firecrawlagent, omgili, webzio, webzio-extended,
  diffbot, crawl4ai, google-extended,
  facebookexternalhit, facebookcatalog, facebookplatform, embedly, iframely, vkshare, cardyb, skypeuripreview,
  bingpreview, url preview, link preview, uri preview, slack-imgproxy, kakaotalk-scrap, line-preview, viber, mastodon,
  googleother, googleother-image, googleother-video, google-inspectiontool, google-read-aloud, adsbot-google,
  adsbot-google-mobile, mediapartners-google, apis-google, feedfetcher-google, storebot-google, google-safety,
  google-site-verification, google-structured-data-testing-tool, google-adwords-instant, googleimageproxy,
  google-pagerenderer, googleproducer, google-producer, google-youtube-links, google-favicon, google favicon,
  googleweblight, google-cloud-monitoring-uptimechecks, googlehc, googlestackdrivermonitoring-uptimechecks,
  yeti, daum, daumoa, baiduspider, sogou, seekport, qwantify, petalbot, barkrowler, proximic, grapeshot, admantx,
  jetslide, ahrefssiteaudit, semrush, screaming frog, turnitin, netcraft, feedly, feedburner, inoreader, newsblur,
  flipboard, flipboardproxy, heritrix, nutch, scrapy, colly, wayback, ia_archiver, archive.org, httrack, yahoomailproxy,
  yahoo slurp, slurp,
  prerender, rendertron, puppeteer, playwright, selenium, phantomjs, headlesschrome, cypress, vercel-screenshot,
  gtmetrix, pagespeed, chrome-lighthouse, speedcurve, w3c_validator, w3c-checklink,
  kube-probe, elb-healthchecker, amazon-route53-health-check-service, better uptime, statuscake, site24x7, pingdom,
  updown.io, nagios, check_http, newrelicpinger, datadogsynthetics, datadog/synthetics, checkly, hetrixtools, freshping,
  uptrends, nodeping, catchpoint, monitis, uptime-kuma, cloudflare-healthchecks, cloudflare-alwaysonline,
  cloudflare-traffic-manager, blackbox exporter,
  censysinspect, internetmeasurement, palo alto networks, zgrab, masscan, nmap scripting engine, sqlmap, nikto, nuclei,
  wpscan, gobuster, dirbuster, wappalyzer, openvas
`
  .split(",")
  .map((name) => name.trim());

const escaped = names.map((name) => name.replace(/[.+]/g, "\\$&").replace(/ /g, "[ _-]?"));
const namedCrawler = new RegExp(`(?<![a-z0-9])(?:${escaped.join("|")})(?![a-z])`, "i");

/**
 * Platforms on which customers run their own servers. They give their web address as crawlers do, and an app of theirs
 * is no crawler of Google's, Stripe's or Shopify's.
 */
const serverPlatforms = new RegExp(
  "(?<![a-z0-9-])(?:appengine-google|cloudpubsub-google|google-apps-script" +
    "|google-cloud-(?:functions|scheduler|tasks|sdk)" +
    "|google-(?:api|cloud)-[a-z]+-client|gcloud-[a-z]+" +
    "|cloudflare-workers|wordpress|woocommerce|stripe|shopify|zapier)" +
    "(?![a-z])",
  "i",
);

export function namesKnownCrawler(userAgent: string): boolean {
  return namedCrawler.test(userAgent);
}

export function namesServerPlatform(userAgent: string): boolean {
  return serverPlatforms.test(userAgent);
}
