// One runtime's share of the kernel's benchmark, in a process of its own: takes a size, prints figures, both as JSON.
import process from "node:process";
import { type BenchSize, measureKernel } from "./kernel-measure.ts";

console.log(JSON.stringify(measureKernel(JSON.parse(process.argv[2] as string) as BenchSize)));
