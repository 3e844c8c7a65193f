import type { BenchOptions } from '../../bench/family.ts'

/** Of a benchmark that is itself being tested: three runs, all files in `scratch`. */
export function benchOptions(scratch: string, note: (text: string) => void = () => {}): BenchOptions {
  return {
    runs: 3,
    sizeBytes: 0,
    memoryBytes: 0,
    workers: 1,
    slow: false,
    smoke: false,
    cache: scratch,
    scratch,
    note,
  }
}
