import { expect, test } from 'vitest'
import { count, csv, defineJob, sum, Text, text, words } from '../../../mapreduce/index.ts'
import { isWords } from '../../../mapreduce/task/built-in-map.ts'

test('words emits what its three lines would', () => {
  const emitted: [string, number][] = []
  words(Text.from(' a  rose\tis\r\na '), (word, one) => emitted.push([word.toString(), one]))
  expect(emitted).toEqual([
    ['a', 1],
    ['rose', 1],
    ['is', 1],
    ['a', 1],
  ])
})

test('words is known by its mark, also as another copy of it', () => {
  expect(isWords(words)).toBe(true)
  expect(isWords(Object.assign(() => {}, { builtIn: 'words' }))).toBe(true)
  for (const other of [() => {}, { builtIn: 'words' }, Object.assign(() => {}, { builtIn: 'lines' }), undefined])
    expect(isWords(other)).toBe(false)
})

test('words fits every job over lines, and no other', () => {
  const jobs = [
    defineJob({ map: words, reduce: sum }),
    defineJob({ input: text({ contains: ({ params }) => String(params['word']) }), map: words, reduce: count }),
    defineJob({ inputs: { left: { map: words } }, reduce: count }),
    // @ts-expect-error: a row is no line
    defineJob({ input: csv(), map: words, reduce: sum }),
  ]
  expect(jobs.every((job) => isWords(job.map ?? job.inputs?.['left']?.map))).toBe(true)
})
