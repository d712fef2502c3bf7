// What `npm run bench` runs: measurements, one part or all of them.
//   npm run bench                    every part but throughput, which takes long and has options of its own
//   npm run bench -- throughput --short   the whole server under load; --help shows what else it can do
//   npm run bench -- kernel --json   one part, as JSON
//   npm run bench -- kernel --on=bun the kernel on one runtime alone, or on some: --on=deno,node
//   npm run bench -- kernel --against=REVISION   beside the kernel of a revision of this repository, round by round
import process from "node:process";
import { runtimeNames } from "../runtimes/runtime.ts";
import { benchCustomJs, describeCustomJs, fullCustomJsSize } from "./custom-js.ts";
import { benchKernel } from "./kernel.ts";
import { fullSize } from "./kernel-measure.ts";
import { describeKernel } from "./kernel-table.ts";
import { benchRelay, describeRelay, fullRelaySize } from "./relay.ts";
import { runThroughput } from "./throughput/throughput.ts";

interface Part {
  run(): unknown;
  describe(report: never): string;
}

const args = process.argv.slice(2);
const on = args.find((item) => item.startsWith("--on="))?.slice("--on=".length);
const against = args.find((item) => item.startsWith("--against="))?.slice("--against=".length);
const runtimes = on === undefined ? runtimeNames : runtimeNames.filter((name) => on.split(",").includes(name));

const parts: Readonly<Record<string, Part>> = {
  kernel: { run: () => benchKernel(fullSize, runtimes, against), describe: describeKernel },
  "custom-js": { run: () => benchCustomJs(fullCustomJsSize), describe: describeCustomJs },
  relay: { run: () => benchRelay(fullRelaySize), describe: describeRelay },
};

const wanted = args.filter((item) => !item.startsWith("--"));
const unknown = wanted.filter((name) => parts[name] === undefined);
if (args[0] === "throughput") {
  await runThroughput(args.slice(1));
} else if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}, throughput`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
    const part = parts[name] as Part;
    const report = await part.run();
    console.log(args.includes("--json") ? JSON.stringify(report, null, 2) : part.describe(report as never));
  }
}
