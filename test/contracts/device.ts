import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Device, DeviceFacts } from "../../ports/device.ts";

const nothing: DeviceFacts = {
  type: null,
  manufacturer: null,
  model: null,
  os: null,
  osVersion: null,
  browser: null,
  browserVersion: null,
};

const iphone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
  "Version/17.1 Mobile/15E148 Safari/604.1";
const galaxy =
  "Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) " +
  "Chrome/120.0.0.0 Mobile Safari/537.36";
const edge =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " +
  "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91";

const people: readonly { readonly userAgent: string; readonly facts: DeviceFacts }[] = [
  {
    userAgent: iphone,
    facts: {
      type: "mobile",
      manufacturer: "Apple",
      model: "iPhone",
      os: "iOS",
      osVersion: "17.1.2",
      browser: "Mobile Safari",
      browserVersion: "17.1",
    },
  },
  {
    userAgent: galaxy,
    facts: {
      type: "mobile",
      manufacturer: "Samsung",
      model: "SM-G991B",
      os: "Android",
      osVersion: "13",
      browser: "Chrome",
      browserVersion: "120.0",
    },
  },
  {
    userAgent: edge,
    facts: { ...nothing, type: "desktop", os: "Windows", osVersion: "10", browser: "Edge", browserVersion: "120.0" },
  },
];

const bots = [
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
  "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile " +
    "Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
  "Googlebot/2.1 (+http://www.google.com/bot.html)",
  "Googlebot-Image/1.0",
  "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
  "Applebot/0.1",
  "GPTBot/1.0 (+https://openai.com/gptbot)",
  "Bytespider; spider-feedback@bytedance.com",
  "UptimeRobot/2.0",
  "Screaming Frog SEO Spider/19.0",
  "Scrapy/2.11 (+https://scrapy.org)",
  "okhttp/4.9.2 Googlebot/2.1",
  "curl/7.88 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
  "ChatGPT-User/1.0",
  "Claude-User/1.0",
  "meta-externalfetcher/1.1",
  "kube-probe/1.29",
  "updown.io daemon 2.6",
  "Embedly/0.2",
  "Nmap Scripting Engine",
  "trendictionbot0.5.0",
  "ExampleBot/1.0 CFNetwork/1404.0.5 Darwin/22.3.0 (+https://bot.example/)",
];

/** Client libraries, apps and programs: they send events and crawl nothing. */
const senders = [
  "analytics-kotlin/1.19.2",
  "analytics-ios/1.5.11",
  "analytics-android/4.11.3",
  "analytics-csharp/2.5.3",
  "analytics-node-next/latest",
  "analytics-python/2.3.4",
  "analytics-go (version: 3.0.0)",
  "posthog-node/5.70.0",
  "RudderStack-Android/1.2",
  "okhttp/4.9.2",
  "UnityPlayer/2022.3.1f1 (UnityWebRequest/1.0, libcurl/8.1.1-DEV)",
  "Dart/3.3 (dart:io)",
  "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230805.001)",
  "App/1 CFNetwork/1404.0.5 Darwin/22.3.0",
  "Daily%20News/3.2 CFNetwork/1404.0.5 Darwin/22.3.0",
  "Robot Race/3.2 (iPhone; iOS 15.0; Scale/3.00)",
  "Feed Reader/3.1 (com.example.app; build:1; iOS 17.0.0) Alamofire/5.8.1",
  "com.example.app/12 (Android 13; Pixel 7)",
  "node",
  "curl/8.5.0",
  "python-requests/2.31.0",
  "Mozilla/5.0 Node/v20.11.0",
  "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
  "Typhoeus - https://github.com/typhoeus/typhoeus",
  "GuzzleHttp/6.2.1 curl/7.47.0 PHP/7.0.1",
  "Apache-HttpClient/4.5.13 (Java/17.0.2)",
  "Go-http-client/1.1",
  "my-backend/1.0",
  "google-api-nodejs-client/9.15.1",
  "AppEngine-Google; (+http://code.google.com/appengine; appid: s~shop)",
  "Mozilla/5.0 (compatible; Google-Apps-Script; beanserver; +https://script.google.com; id: UAEm)",
  "Cloudflare-Workers",
  "WordPress/6.5; https://shop.example",
  "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
  "MyShop/2.1 (https://shop.example)",
  "fraud-detection-service/1.0 (linux)",
  "audit-service/2.0 (prod)",
  "news-backend/1.2 (prod)",
  "search-api/1.0 (prod)",
  "OpenAI/Python 1.3",
];

/** What an app may write where a model belongs, and what of it must not come out. */
const personal = [
  { model: "anna@example.com", secret: "anna" },
  { model: "203.0.113.77", secret: "203.0.113" },
  { model: "+49 170 1234567", secret: "1234567" },
  { model: "Phone 491701234567", secret: "491701234567" },
  { model: "2001:db8::42", secret: "db8" },
  { model: "f47ac10b58cc4372a5670e02b2c3d479", secret: "f47ac10b" },
  { model: "a\u0000b\u001b[31m", secret: "\u001b" },
  { model: `M${"x".repeat(400)}`, secret: "xxxxxxxx" },
];

function withModel(model: string): string {
  return `Mozilla/5.0 (Linux; Android 10; ${model}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0 Mobile`;
}

function textOf(json: Uint8Array | null): string {
  return json === null ? "" : new TextDecoder().decode(json);
}

/** The promises of ports/device.ts, run against one adapter. */
export function deviceSuite(name: string, open: () => Device): void {
  describe(`device: ${name}`, () => {
    it("knows common phones and browsers, and takes none of them for a bot", () => {
      const device = open();
      for (const { userAgent, facts } of people) {
        const verdict = device.parse(userAgent);
        assert.deepEqual(verdict.facts, facts);
        assert.equal(verdict.knownBot, false);
      }
    });

    it("its JSON holds the facts that are known and no others", () => {
      const device = open();
      for (const { userAgent, facts } of people) {
        const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
        assert.deepEqual(JSON.parse(textOf(device.parse(userAgent).json)), known);
      }
    });

    it("says the same of a User-Agent it has seen", () => {
      const device = open();
      for (const { userAgent } of people) assert.deepEqual(device.parse(userAgent), device.parse(userAgent));
    });

    it("knows well-known bots", () => {
      const device = open();
      for (const userAgent of bots) assert.equal(device.parse(userAgent).knownBot, true, userAgent);
    });

    it("takes no client library, app or program for a bot", () => {
      const device = open();
      for (const userAgent of senders) assert.equal(device.parse(userAgent).knownBot, false, userAgent);
    });

    it("knows nothing of an empty or meaningless User-Agent", () => {
      const device = open();
      for (const userAgent of ["", " ", "\u0000\u0001"]) {
        assert.deepEqual(device.parse(userAgent).facts, nothing);
        assert.equal(device.parse(userAgent).json, null);
      }
    });

    it("personal data in the place of a model does not come out", () => {
      const device = open();
      for (const { model, secret } of personal) {
        const text = textOf(device.parse(withModel(model)).json);
        assert.equal(text.includes(secret), false, secret);
        assert.ok(text.includes("Android"));
      }
    });

    it("a User-Agent of any length is parsed in bounded time and gives bounded facts", () => {
      const device = open();
      const long = [withModel("y".repeat(1_000_000)), "(".repeat(1_000_000), "Mozilla ".repeat(100_000)];
      for (const userAgent of long) assert.ok(textOf(device.parse(userAgent).json).length < 1_000);
    });
  });
}
