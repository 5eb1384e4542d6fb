/**
 * Child processes: `run(program, args)`, never a shell.
 */

export { openIfThere, readIfThere, signalIfThere } from './process.ts';
export { type RunOptions, type RunResult, run } from './run.ts';
