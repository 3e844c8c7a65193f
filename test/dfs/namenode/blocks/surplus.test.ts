import { describe, expect, test } from 'vitest'
import { chooseSurplus } from '../../../../dfs/namenode/blocks/redundancy.ts'
import { Bench } from './bench.ts'

const holder = (number: number, rack: string, free: number) => ({ number, rack, free })

test('the rack that has most gives up first, there the datanode with the least room', () => {
  const holders = [holder(0, 'a', 5), holder(1, 'b', 9), holder(2, 'b', 7), holder(3, 'b', 8)]
  expect(chooseSurplus(holders, 1)).toEqual([2])
  expect(chooseSurplus(holders, 2)).toEqual([2, 3])
  expect(chooseSurplus(holders, 3)).toHaveLength(3)
})

test('who was asked to goes first, unless a rack were lost', () => {
  const holders = [holder(0, 'a', 5), holder(1, 'b', 9), holder(2, 'b', 1)]
  expect(chooseSurplus(holders, 1, 1)).toEqual([1])
  expect(chooseSurplus(holders, 1, 0)).toEqual([2])
})

describe('surplus replicas', () => {
  test('go when the replication is lowered, and no more than that', () => {
    const bench = Bench.started({ racks: ['a', 'a', 'b'], files: [3] }, [[1], [1], [1]])
    bench.setReplication(bench.block(1), 2)
    expect(bench.manager.atTarget(bench.block(1))).toBe(false)
    expect(bench.work(2_000).deletions).toHaveLength(1)
    expect(bench.manager.health(bench.block(1))).toMatchObject({ live: 2, misReplicated: false })
    expect(bench.manager.atTarget(bench.block(1))).toBe(true)
  })

  test('stay while one of the holders has not said what it has, or is not heard', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2] }, [[1], [1], [1]])
    expect(bench.work(400).deletions).toHaveLength(1)
    const other = Bench.started({ racks: ['a', 'b', 'b'], files: [3] }, [[1], [1], [1]])
    other.register(2)
    other.setReplication(other.block(1), 2)
    expect(other.pass(3_000).deletions).toEqual([])
    other.silent.add(0)
    other.pass(600)
    other.report(2, [other.block(1)])
    expect(other.pass(600).deletions).toHaveLength(0)
    other.silent.clear()
    expect(other.pass(600).deletions).toHaveLength(1)
  })

  test('are thought over when the command goes out: with a holder gone meanwhile the replica counts again', () => {
    const bench = Bench.started({ racks: ['a', 'a', 'b'], files: [3] }, [[1], [1], [1]])
    bench.setReplication(bench.block(1), 2)
    bench.now += 200
    bench.manager.tick(bench.now)
    const [chosen] = [0, 1, 2].filter((number) => !bench.block(1).replicas.includes(number))
    const kept = bench.block(1).replicas[0] ?? -1
    bench.bad(kept, bench.block(1))
    expect(bench.beat(chosen ?? -1).deletions).toEqual([])
    expect(bench.block(1).replicas).toContain(chosen)
  })

  test('that were ordered to go and of which nothing is heard are looked for before they count again', () => {
    const bench = Bench.started({ racks: ['a', 'a', 'b'], files: [3] }, [[1], [1], [1]])
    bench.setReplication(bench.block(1), 2)
    const [[, chosen] = [0, -1]] = bench.pass(400).deletions
    bench.setReplication(bench.block(1), 3)
    const told = bench.pass(62_000)
    expect(told.deletions).toEqual([])
    expect(told.verify).toContainEqual([1, chosen])
    expect(bench.block(1).replicas).not.toContain(chosen)
    bench.verified(chosen, bench.block(1))
    expect(bench.block(1).replicas).toEqual([0, 1, 2])
  })

  test('whose deletion was lost are ordered to go again', () => {
    const bench = Bench.started({ racks: ['a', 'a', 'b'], files: [2] }, [[1], [1], [1]])
    expect(bench.manager.counts().pendingDeletion).toBe(1)
    expect(bench.pass(400).deletions).toHaveLength(1)
    expect(bench.pass(29_000).deletions).toHaveLength(0)
    expect(bench.pass(35_000).deletions).toHaveLength(1)
  })

  test('never go more than so many with one heartbeat', () => {
    const files = Array.from({ length: 25 }, () => 1)
    const all = files.map((_, index) => index + 1)
    const bench = Bench.started({ racks: ['a'], files, config: { deletionsPerHeartbeat: 10 } }, [all])
    const blocks = all.map((id) => bench.block(id))
    for (const block of blocks) bench.blocks.remove(block.id)
    bench.manager.dropped(blocks, bench.now)
    bench.manager.droppedDurably(blocks)
    expect([1, 2, 3, 4].map(() => bench.beat(0).deletions.length)).toEqual([10, 10, 5, 0])
  })
})
