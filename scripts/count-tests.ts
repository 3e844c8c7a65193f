import { readFileSync } from 'node:fs'

/**
 * Adds up vitest's JSON reports and prints one plain line, `N passed, N failed`, for whoever reads the log. A file that
 * could not even be loaded has no tests to count, so it counts as one that failed.
 * Usage: tsx scripts/count-tests.ts REPORT…
 */

const reports = process.argv.slice(2).map((file): unknown => JSON.parse(readFileSync(file, 'utf8')))
const sum = (name: string): number => reports.reduce<number>((total, report) => total + numberIn(report, name), 0)

function numberIn(report: unknown, name: string): number {
  const value = typeof report === 'object' && report !== null ? Reflect.get(report, name) : undefined
  if (typeof value !== 'number') throw new TypeError(`a report has no number "${name}": is it vitest's JSON?`)
  return value
}

function suitesWithoutTests(report: unknown): number {
  const results: unknown =
    typeof report === 'object' && report !== null ? Reflect.get(report, 'testResults') : undefined
  if (!Array.isArray(results)) return 0
  return results.filter((result) => result.status === 'failed' && result.assertionResults.length === 0).length
}

const failed = sum('numFailedTests') + reports.reduce<number>((total, report) => total + suitesWithoutTests(report), 0)
const skipped = sum('numPendingTests') + sum('numTodoTests')
process.stdout.write(`${sum('numPassedTests')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exitCode = failed === 0 && sum('numPassedTests') > 0 ? 0 : 1
