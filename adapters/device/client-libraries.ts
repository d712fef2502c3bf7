/**
 * Names by which HTTP clients, runtimes and analytics SDKs call themselves in a User-Agent, in lower case.
 *
 * They say how an event was sent, never that a crawler sent it. A name covers its own extensions behind `-`, `.` or
 * `_`: `analytics` covers `analytics-kotlin/1.19.1`.
 * Source: the libraries' own code and documentation.
 */
const names = `
  analytics analytics-next segment rudder rudderstack rudderanalytics posthog jitsu snowplow snplow walkeros
  mparticle amplitude mixpanel braze appsflyer adjust branch kochava singular matomo piwik countly heap freshpaint
  hightouch june customerio customer.io ruddersdk tidegate layers
  okhttp okhttp3 okio dalvik android-async-http volley retrofit ktor ktor-client cronet
  cfnetwork darwin nsurlsession urlsession nsurlconnection alamofire afnetworking moya swift-nio swiftnio
  dart dio flutter unityplayer unitywebrequest unity unrealengine x-unrealengine-agent godotengine godot
  expo reactnative react-native titanium xamarin maui cordova ionic capacitor
  java java-http-client apache-httpclient apache-httpasyncclient apache-httpcore jakarta commons-httpclient ahc
  asynchttpclient async-http-client jersey jetty reactornetty reactor-netty netty spring resttemplate feign vert.x
  vertx akka-http pekko-http play-ws scalaj-http sttp http4s armeria google-http-java-client unirest unirest-java
  python python-requests python-urllib python-urllib3 python-httpx requests urllib urllib3 httpx aiohttp tornado
  twisted treq pycurl grequests
  node node.js node-fetch node-superagent superagent axios got ky undici needle request bun deno phin wreck
  cross-fetch electron-fetch make-fetch-happen jsdom fetch
  php php-curl curl libcurl guzzlehttp guzzle symfony zend zend_http_client laminas laminas_http_client yii
  pear http_request2 requests-php buzz
  ruby faraday typhoeus rest-client httparty http.rb excon httpclient net-http
  go go-http-client go-resty resty fasthttp gentleman
  rust reqwest ureq hyper isahc surf awc attohttpc
  restsharp flurl refit .net dotnet microsoft.net windowspowershell powershell winhttp wininet mono system.net.http
  libsoup qtnetwork qt boost.beast cpp-httplib cpr libwww-perl lwp lwp-trivial perl lua lua-resty-http
  hackney finch mint httpoison elixir tesla gun erlang
  postmanruntime postman insomnia httpie wget paw hoppscotch thunder-client bruno-runtime k6 artillery vegeta
  http-client httpclient http-kit clj-http
`;

const known = new Set(names.trim().split(/\s+/));
/** A product of a User-Agent, and the remark in brackets that belongs to it. RFC 9110, 10.1.5. */
const products = /([^\s/();,]+)(?:\/([^\s();,]*))?((?:\s*\([^()]*\))?)/g;
const crawlersWord = /bot|crawl|spider/i;
const nameEnd = /[-._][^-._]*$/;

/** The User-Agent without the products that are client libraries; "" if there is nothing else in it. */
export function withoutClientLibraries(userAgent: string): string {
  const rest = userAgent.replace(products, (whole, name: string, _version: string | undefined, remark: string) => {
    if (!isClientLibrary(name)) return whole;
    return crawlersWord.test(remark) ? remark : " ";
  });
  return rest.trim();
}

/** True for a library's name, and for what begins with one in front of `-`, `.` or `_`; not if it names a crawler. */
function isClientLibrary(name: string): boolean {
  if (crawlersWord.test(name)) return false;
  let part = name.toLowerCase();
  for (;;) {
    if (known.has(part)) return true;
    const shorter = part.replace(nameEnd, "");
    if (shorter === part || shorter === "") return false;
    part = shorter;
  }
}
