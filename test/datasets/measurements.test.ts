import { expect, it } from 'vitest'
import { measurements } from '../../datasets/measurements.ts'

const text = (options: Parameters<typeof measurements>[0]): string =>
  [...measurements(options)].map((chunk) => Buffer.from(chunk).toString()).join('')

it('measurements are lines of a station and a number with one decimal, the same for the same seed', () => {
  const made = text({ rows: 50_000 })
  const lines = made.trimEnd().split('\n')
  expect(lines.length).toBe(50_000)
  expect(lines.filter((line) => !/^[^;\n]{1,31};-?\d{1,2}\.\d$/.test(line))).toEqual([])
  expect(new Set(lines.map((line) => line.split(';')[0])).size).toBe(413)
  expect(text({ rows: 50_000 })).toBe(made)
  expect(text({ rows: 100, seed: 2 })).not.toBe(text({ rows: 100 }))
})
