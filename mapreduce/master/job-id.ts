/** `job_20260131-142500_<pid>_<n>`: sorts by time, one of a kind on a machine. UTC, for reading only; nothing is decided by it. */
export function jobId(now: Date = new Date()): string {
  jobs++
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `job_${stamp}_${process.pid}_${jobs}`
}

let jobs = 0
