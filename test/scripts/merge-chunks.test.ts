/** Chunks are merged where that makes starts shorter, and nowhere else. */
import type { Metafile } from 'esbuild'
import { expect, test } from 'vitest'
import { mergeChunks } from '../../scripts/merge-chunks.ts'

type Output = Metafile['outputs'][string]
type Import = Output['imports'][number]

const to = (path: string): Import => ({ path, kind: 'import-statement' })
const later = (path: string): Import => ({ path, kind: 'dynamic-import' })
const from = (path: string): Import => ({ path, kind: 'import-statement', external: true })

function metafile(files: Record<string, { entry?: boolean; bytes: number; imports?: Import[] }>): Metafile {
  const outputs = Object.entries(files).map(([name, { entry, bytes, imports = [] }]): [string, Output] => [
    name,
    {
      bytes,
      inputs: { [`${name}.ts`]: { bytesInOutput: bytes } },
      exports: [],
      imports,
      ...(entry === true ? { entryPoint: `${name}.ts` } : {}),
    },
  ])
  return { inputs: {}, outputs: Object.fromEntries(outputs) }
}

const besides = (files: Parameters<typeof metafile>[0], first: string): Record<string, string[]> =>
  Object.fromEntries(
    [...mergeChunks(metafile(files), new Set([first]))].map(([name, more]) => [name, [...more].sort()]),
  )

test('two small chunks that most entries share become one, for all that load either', () => {
  const files = {
    door: { entry: true, bytes: 10, imports: [to('a'), later('one'), later('two')] },
    one: { entry: true, bytes: 10, imports: [to('a'), to('b')] },
    two: { entry: true, bytes: 10, imports: [to('b')] },
    a: { bytes: 500 },
    b: { bytes: 500 },
  }
  const both = ['a.ts', 'b.ts']
  expect(besides(files, 'door.ts')).toEqual({ 'door.ts': both, 'one.ts': both, 'two.ts': both })
})

test.each([
  ['much that one of them does not use', { bytes: 30_000 }],
  ['a package that nothing else of theirs loads', { bytes: 500, imports: [from('zod')] }],
  ['what loads much in its turn', { bytes: 500, imports: [to('large')] }],
])('an entry is not made to load %s', (_, b) => {
  const files = {
    one: { entry: true, bytes: 10, imports: [to('a'), to('b')] },
    two: { entry: true, bytes: 10, imports: [to('a')] },
    a: { bytes: 500 },
    b,
    large: { bytes: 30_000 },
  }
  expect(besides(files, 'one.ts')['two.ts']).toEqual([])
})

test('what is loaded already by whoever asks for an entry costs it nothing', () => {
  const files = {
    door: { entry: true, bytes: 10, imports: [to('large'), to('small'), later('one')] },
    one: { entry: true, bytes: 10, imports: [to('small')] },
    large: { bytes: 90_000 },
    small: { bytes: 500 },
  }
  expect(besides(files, 'door.ts')['one.ts']).toEqual(['large.ts', 'small.ts'])
})
