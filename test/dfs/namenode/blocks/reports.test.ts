import { describe, expect, test } from 'vitest'
import { generationStamp } from '../../../../dfs/base/ids.ts'
import { Bench, keyOf } from './bench.ts'

describe('a report', () => {
  test('from the past, or a second time, is not listened to', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2] }, [[1], [1]])
    const late = bench.from(0)
    const block = bench.block(1)
    bench.deleted(0, block)
    bench.manager.fullReport(late, Float64Array.of(1, block.generation, 10), bench.now)
    expect(block.replicas).toEqual([1])
  })

  test('of an older session is not listened to, and the datanode is told to register', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2] }, [[1], [1]])
    const old = bench.registration(0)
    bench.register(0)
    bench.manager.deleted({ ...old, sequence: 99 }, keyOf(bench.block(1)), bench.now)
    expect(bench.block(1).replicas).toEqual([0, 1])
    const beat = { capacity: 1, free: 1, used: 0, writers: 0, reported: 0 }
    expect(bench.manager.heartbeat(old, beat, bench.now)).toMatchObject({ register: true, copies: [], deletions: [] })
  })

  test('of an earlier namenode is not taken for one of this', () => {
    const bench = Bench.started({ racks: ['a'], files: [1] })
    expect(bench.registration(0).session).toBeGreaterThan(1_000_000)
    const from = { node: 0, session: 1, sequence: 99 }
    expect(bench.manager.received(from, keyOf(bench.block(1)), 10, bench.now)).toBe(true)
    expect(bench.block(1).replicas).toEqual([])
  })

  test('that is lost is noticed by the next: a full report is asked for, and nothing is deleted before', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [1] }, [[1], [1], []])
    bench.lose(2)
    bench.received(2, bench.block(1))
    expect(bench.beat(2).report).toBe(true)
    expect(bench.pass(1_000).deletions).toEqual([])
    bench.report(2, [bench.block(1)])
    expect(bench.pass(400).deletions).toHaveLength(2)
  })

  test('that is lost and the last is noticed by the heartbeat', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [1] }, [[1], []])
    expect(bench.beat(1).report).toBe(false)
    bench.lose(1)
    expect(bench.beat(1).report).toBe(true)
    expect(bench.beat(1).report).toBe(false)
    // Asked for again when it does not come.
    bench.pass(2_000)
    bench.lose(1)
    bench.now += bench.config.deadMillis
    expect(bench.beat(1).report).toBe(true)
  })

  test('is asked for when the last is old', () => {
    const bench = Bench.started({ racks: ['a'], files: [1], config: { fullReportMillis: 5_000 } }, [[1]])
    expect(bench.beat(0).report).toBe(false)
    bench.pass(5_000)
    bench.now += 5_000
    expect(bench.beat(0).report).toBe(true)
  })

  test('that lacks replicas takes them off the books, but not those that came since', () => {
    const files = Array.from({ length: 30 }, () => 2)
    const all = files.map((_, index) => index + 1)
    const bench = Bench.started({ racks: ['a', 'b'], files, sweepSlice: 7 }, [all, all.slice(0, 20)])
    bench.report(
      1,
      all.slice(0, 10).map((id) => bench.block(id)),
    )
    bench.received(1, bench.block(15))
    bench.received(1, bench.block(25))
    bench.pass(200)
    expect(all.filter((id) => bench.block(id).replicas.includes(1))).toEqual([...all.slice(0, 10), 15, 25])
    expect(bench.manager.datanode(1, bench.now)?.blocks).toBe(12)
  })
})

describe('a replica', () => {
  test('that no file needs is deleted', () => {
    const bench = Bench.started({ racks: ['a'], files: [1, 1] }, [[1, 2]])
    const block = bench.block(2)
    bench.blocks.remove(block.id)
    bench.manager.dropped([block], bench.now)
    bench.manager.droppedDurably([block])
    expect(bench.pass(200).deletions).toEqual([[2, 0]])
    bench.deleted(0, block)
    expect(bench.manager.counts().pendingDeletion).toBe(0)
    expect(bench.received(0, block)).toBe(false)
    expect(bench.pass(200).deletions).toEqual([[2, 0]])
  })

  test('stays as long as a crash could bring its file back, whatever is reported meanwhile', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2, 2] }, [[1, 2], [1, 2], []])
    const block = bench.block(2)
    bench.blocks.remove(block.id)
    bench.manager.dropped([block], bench.now)
    bench.report(1, [bench.block(1), block, { id: 2, generation: 1, length: 3 }])
    expect(bench.received(2, block)).toBe(true)
    expect(bench.pass(2_000).deletions).toEqual([])
    bench.manager.droppedDurably([block])
    const { deletions } = bench.pass(200)
    expect(deletions.sort()).toEqual([
      [2, 0],
      [2, 1],
      [2, 2],
    ])
    expect(bench.manager.datanode(2, bench.now)?.blocks).toBe(0)
  })

  test('of a block this namespace has never given out is kept, and told of, also when the number is given out later', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [1] }, [[1], []])
    const strays = [
      { id: 50, generation: 90, length: 5 },
      { id: 40, generation: 95, length: 5 },
    ]
    bench.report(0, [bench.block(1), ...strays])
    expect(bench.pass(1_000).deletions).toEqual([])
    expect(bench.manager.counts().strays).toBe(2)
    expect(bench.beyond).toEqual([])
    bench.manager.leaveSafeMode()
    expect(bench.beyond).toEqual([[50, 95]])
    bench.nextBlock = 100
    bench.report(0, [bench.block(1), ...strays])
    expect(bench.pass(1_000).deletions).toEqual([])
  })

  test('of an older generation is kept until there is a good one, then deleted', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [1] })
    bench.report(0, [{ id: 1, generation: 7, length: 10 }])
    bench.manager.leaveSafeMode()
    expect(bench.pass(1_000).deletions).toEqual([])
    expect(bench.manager.counts()).toMatchObject({ missing: 1, corruptReplicas: 1 })
    bench.report(1, [bench.block(1)])
    expect(bench.pass(400).deletions).toEqual([[1, 0]])
  })

  test('of another length is bad', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'a'], files: [2] }, [[1], [1], []])
    bench.report(0, [{ id: 1, generation: bench.block(1).generation, length: 9 }])
    expect(bench.block(1).replicas).toEqual([1])
    expect(bench.manager.health(bench.block(1)).bad).toMatchObject([{ node: 0, reason: 'length' }])
    const { copies, deletions } = bench.work(1_000)
    expect(copies).toEqual([[1, 1, [2]]])
    expect(deletions).toEqual([[1, 0]])
  })

  test('of a file being written is judged when the file is complete', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'] })
    const block = bench.openFile(3)
    bench.received(0, block, 10)
    bench.received(1, block, 8)
    expect(bench.pass(1_000)).toMatchObject({ copies: [], deletions: [] })
    expect(block.replicas).toEqual([0, 1])
    bench.complete(block)
    expect(block.replicas).toEqual([0])
    expect(bench.work(2_000).deletions).toEqual([[1, 1]])
    expect(block.replicas).toEqual([0, 1, 2])
  })

  test('that a datanode wrote before the others went on under a new generation is stale', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'] })
    const block = bench.openFile(2)
    const previous = block.generation
    bench.received(0, block, 10)
    bench.blocks.renew(block, generationStamp(previous + 1))
    bench.manager.regenerated(block, previous)
    expect(bench.manager.datanode(0, bench.now)?.blocks).toBe(0)
    bench.received(1, block, 10)
    bench.complete(block)
    expect(block.replicas).toEqual([1])
    const { deletions } = bench.pass(2_000)
    expect(deletions).toEqual([])
    bench.received(2, block)
    expect(bench.pass(400).deletions).toEqual([[block.id, 0]])
  })
})
