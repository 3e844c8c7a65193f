/** A replica that was ordered to go, and of which the datanode says nothing, says it has it again, or dies and comes back. */
import { describe, expect, test } from 'vitest'
import type { Block } from '../../../../dfs/namenode/inode.ts'
import { Bench } from './bench.ts'

const second = 1_000

/** A block with three replicas of which two are wanted; one datanode has just been told to delete its own. */
function ordered(): { bench: Bench; block: Block; told: number; kept: readonly number[] } {
  const bench = Bench.started({ racks: ['a', 'b', 'b', 'a'], files: [2] }, [[1], [1], [1], []])
  const block = bench.block(1)
  const [[, told] = [0, -1], ...more] = bench.pass(400).deletions
  expect(more).toEqual([])
  return { bench, block, told, kept: [...block.replicas] }
}

function dropFile(bench: Bench, block: Block): void {
  bench.blocks.remove(block.id)
  bench.manager.dropped([block], bench.now)
  bench.manager.droppedDurably([block])
}

describe('a deletion that was ordered', () => {
  test('stays pending when the datanode says that it still has the replica, and is ordered again only after a while', () => {
    const { bench, block, told, kept } = ordered()
    bench.report(told, [block])
    expect(block.replicas).toEqual(kept)
    expect(bench.manager.counts().pendingDeletion).toBe(1)
    expect(bench.pass(29 * second).deletions).toEqual([])
    bench.report(told, [block])
    expect(bench.pass(35 * second).deletions).toEqual([[1, told]])
    bench.deleted(told, block)
    expect(bench.manager.counts().pendingDeletion).toBe(0)
    expect(bench.pass(120 * second)).toMatchObject({ deletions: [], copies: [] })
    expect(block.replicas).toEqual(kept)
  })

  test('is over when a full report has the replica no more, though nobody said that it was deleted', () => {
    const { bench, block, told, kept } = ordered()
    bench.lose(told)
    bench.beat(told)
    bench.report(told, [])
    expect(bench.manager.counts().pendingDeletion).toBe(0)
    expect(bench.pass(120 * second)).toMatchObject({ deletions: [], copies: [] })
    expect(block.replicas).toEqual(kept)
  })

  test('is forgotten with a datanode that dies; with the replica still there it comes back, and is told again', () => {
    const { bench, block, told } = ordered()
    bench.silent.add(told)
    expect(bench.pass(3 * second).died).toEqual([told])
    expect(bench.manager.counts().pendingDeletion).toBe(0)
    bench.silent.delete(told)
    bench.register(told)
    // Before it has said what it has nobody's replica goes.
    expect(bench.pass(second).deletions).toEqual([])
    bench.report(told, [block])
    const { deletions } = bench.work(second)
    expect(deletions).toHaveLength(1)
    expect(block.replicas).toHaveLength(2)
    expect(bench.manager.health(block)).toMatchObject({ live: 2, misReplicated: false })
  })

  test('is not repeated when the datanode comes back and the others have died: its replica counts', () => {
    const { bench, block, told, kept } = ordered()
    for (const number of [told, ...kept]) bench.silent.add(number)
    expect(bench.pass(3 * second).died).toHaveLength(3)
    expect(bench.manager.health(block)).toMatchObject({ live: 0 })
    bench.silent.delete(told)
    bench.register(told)
    bench.report(told, [block])
    expect(block.replicas).toEqual([told])
    const { deletions, copies } = bench.work(120 * second)
    expect(deletions).toEqual([])
    expect(copies).toEqual([[1, told, [3]]])
    expect(bench.manager.health(block)).toMatchObject({ live: 2 })
  })

  test('of a file that is gone is told again to a datanode that died with it, and to nobody a third time', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2, 2] }, [
      [1, 2],
      [1, 2],
    ])
    const block = bench.block(1)
    dropFile(bench, block)
    expect(bench.pass(200).deletions).toEqual([
      [1, 0],
      [1, 1],
    ])
    // One does it, the other dies before.
    bench.manager.deleted(bench.from(0), { block: block.id, generation: block.generation }, bench.now)
    bench.silent.add(1)
    expect(bench.pass(3 * second).died).toEqual([1])
    bench.silent.delete(1)
    bench.register(1)
    bench.report(1, [block, bench.block(2)])
    expect(bench.pass(200).deletions).toEqual([[1, 1]])
    // It is said to be there once more, by a report that was made before.
    bench.report(1, [block, bench.block(2)])
    expect(bench.pass(29 * second).deletions).toEqual([])
    bench.manager.deleted(bench.from(1), { block: block.id, generation: block.generation }, bench.now)
    expect(bench.pass(120 * second).deletions).toEqual([])
    expect(bench.manager.counts()).toMatchObject({ pendingDeletion: 0, underReplicated: 0, missing: 0 })
  })
})
