export { openIfThere, readIfThere, signalIfThere } from './process.ts';
export { type RunOptions, type RunResult, run } from './run.ts';
