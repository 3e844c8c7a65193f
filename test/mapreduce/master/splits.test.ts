import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockId, datanodeId, generationStamp } from '../../../dfs/base/ids.ts'
import type { LocatedBlock } from '../../../dfs/index.ts'
import { planSplits, type Split, type SplitOptions } from '../../../mapreduce/master/splits.ts'
import type { InputFile } from '../../../mapreduce/master/task.ts'

const KiB = 1024

const options = (more: Partial<SplitOptions> = {}): SplitOptions => ({
  splitBytes: 10,
  cutBytes: 64 * KiB,
  byBlock: true,
  splittable: () => true,
  ...more,
})

const local = (length: number, gzip = false): InputFile => ({ kind: 'local', path: '/f', name: 'f', length, gzip })

/** A DFS file cut in blocks of `blockSize`, block i on the i-th entry of `nodes`, in turn. */
function inDfs(length: number, blockSize: number, nodes: readonly (readonly string[])[]): InputFile {
  const blocks: LocatedBlock[] = []
  for (let offset = 0; offset < length; offset += blockSize) {
    blocks.push({
      block: blockId(blocks.length),
      generation: generationStamp(1),
      offset,
      length: Math.min(blockSize, length - offset),
      replicas: (nodes[blocks.length % nodes.length] ?? []).map((node) => ({
        datanode: datanodeId(node),
        rack: `rack-${node}`,
        dataFile: '',
        checksumFile: '',
      })),
    })
  }
  return { kind: 'dfs', name: 'd', length, gzip: false, blocks }
}

const brief = (splits: readonly Split[]): string[] =>
  splits.map(({ segments, placement }) => {
    const where = placement.kind === 'nodes' ? `@${placement.nodes.join(',')}` : ''
    return `${segments.map(({ file, start, length }) => `${file}[${start}+${length}]`).join(' ')}${where}`
  })

const anyFile = fc.oneof(
  fc.tuple(fc.nat(5000), fc.boolean()).map(([length, gzip]) => local(length, gzip)),
  fc
    .tuple(fc.nat(5000), fc.integer({ min: 1, max: 700 }), fc.array(fc.subarray(['a', 'b', 'c']), { minLength: 1 }))
    .map(([length, blockSize, nodes]) => inDfs(length, blockSize, nodes)),
)

describe('splits', () => {
  it('cover every byte of the input exactly once and in order, for any sizes', () => {
    fc.assert(
      fc.property(
        fc.array(anyFile, { maxLength: 12 }),
        fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6000 })),
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        fc.boolean(),
        (files, splitBytes, cutBytes, byBlock, splittable) => {
          const splits = planSplits(files, { splitBytes, cutBytes, byBlock, splittable: () => splittable })
          const expected = files.flatMap(({ length }, file) => (length === 0 ? [] : [{ file, start: 0, length }]))
          const joined: { file: number; start: number; length: number }[] = []
          for (const segment of splits.flatMap((split) => split.segments)) {
            if (segment.length < 1) throw new Error('an empty segment')
            const last = joined.at(-1)
            if (last !== undefined && last.file === segment.file && last.start + last.length === segment.start) {
              last.length += segment.length
            } else {
              joined.push({ ...segment })
            }
          }
          expect(joined).toEqual(expected)
          for (const split of splits) {
            const bytes = split.segments.reduce((sum, segment) => sum + segment.length, 0)
            if (split.bytes !== bytes) throw new Error(`a split of ${bytes} bytes says ${split.bytes}`)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('never cut a gzip file, nor any file of a format that needs it whole', () => {
    expect(brief(planSplits([local(25, true)], options()))).toEqual(['0[0+25]'])
    expect(brief(planSplits([local(25)], options({ splittable: () => false })))).toEqual(['0[0+25]'])
  })

  it('are about equal rather than full ones and a crumb', () => {
    expect(brief(planSplits([local(11)], options()))).toEqual(['0[0+6]', '0[6+5]'])
  })

  it('fall on multiples of the checked chunk once they are larger than one', () => {
    const splits = planSplits([local(1000 * KiB)], options({ splitBytes: 300 * KiB }))
    expect(brief(splits)).toEqual(
      [0, 1, 2].map((at) => `0[${at * 256 * KiB}+${256 * KiB}]`).concat(`0[${768 * KiB}+${232 * KiB}]`),
    )
  })

  it('pack small files together in order, up to the split size', () => {
    const splits = planSplits(
      [4, 0, 4, 4, 1, 20].map((length) => local(length)),
      options(),
    )
    expect(brief(splits)).toEqual(['0[0+4] 2[0+4]', '3[0+4] 4[0+1]', '5[0+10]', '5[10+10]'])
  })

  it('pack only what shares a datanode, and name the datanodes that hold all of a split', () => {
    const files = [['a', 'b'], ['b', 'c'], ['c'], ['a']].map((nodes) => inDfs(3, 3, [nodes]))
    expect(brief(planSplits(files, options({ splitBytes: 100 })))).toEqual(['0[0+3] 1[0+3]@b', '2[0+3]@c', '3[0+3]@a'])
  })

  it('end at a block edge where the next block lies elsewhere', () => {
    expect(brief(planSplits([inDfs(20, 8, [['a'], ['b']])], options({ splitBytes: 100 })))).toEqual([
      '0[0+8]@a',
      '0[8+8]@b',
      '0[16+4]@a',
    ])
  })

  it('name the datanodes with most of the bytes when none has all', () => {
    const file = { ...inDfs(20, 8, [['a'], ['b', 'c']]), gzip: true }
    expect(brief(planSplits([file], options()))).toEqual(['0[0+20]@a'])
  })

  it('of a map-only job are the same wherever the bytes lie, because each is a part file', () => {
    const sizes = [300, 7, 64, 0, 1000]
    const shape = (files: readonly InputFile[]): unknown =>
      planSplits(files, options({ byBlock: false, splitBytes: 70 })).map((split) => split.segments)
    const inFiles = shape(sizes.map((length) => local(length)))
    for (const blockSize of [1, 13, 64, 5000]) {
      expect(shape(sizes.map((length) => inDfs(length, blockSize, [['a'], ['b']])))).toEqual(inFiles)
    }
  })

  it('refuse a split size that is none', () => {
    expect(() => planSplits([local(1)], options({ splitBytes: 0 }))).toThrow(RangeError)
  })
})
