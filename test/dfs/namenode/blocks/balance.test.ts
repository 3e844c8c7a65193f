import { describe, expect, test } from 'vitest'
import { Bench } from './bench.ts'

/** What the datanodes say they use: 10 bytes a block, of 1,000. */
function weigh(bench: Bench): void {
  for (const number of bench.registrations.keys()) {
    const used = 10 * (bench.manager.datanode(number, bench.now)?.blocks ?? 0)
    bench.beats[number] = { capacity: 1_000, free: 1_000 - used, used, writers: 0 }
  }
}

function balance(bench: Bench, threshold: number) {
  for (let round = 0; round < 1_000; round++) {
    weigh(bench)
    bench.work(200)
    const step = bench.manager.balance(threshold, bench.now)
    if (step.state !== 'moving') return step
  }
  throw new Error('it never ends')
}

const some = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('balancing', () => {
  test('moves replicas until every datanode is near the mean, and each block keeps its number', () => {
    const files = some(40).map(() => 1)
    const bench = Bench.started({ racks: ['a', 'a', 'b', 'b'], files }, [some(40), [], [], []])
    weigh(bench)
    const { state, moved, bytes, most, least } = balance(bench, 0.02)
    expect(state).toBe('balanced')
    expect(bytes).toBe(10 * moved)
    expect(moved).toBeGreaterThanOrEqual(28)
    expect(most - least).toBeLessThanOrEqual(0.04)
    expect(some(40).every((id) => bench.block(id).replicas.length === 1)).toBe(true)
  })

  test('never puts two replicas on one datanode, nor all on one rack', () => {
    const files = some(30).map(() => 2)
    const bench = Bench.started({ racks: ['a', 'a', 'b'], files }, [some(30), [], some(30)])
    weigh(bench)
    const { state, detail } = balance(bench, 0.01)
    // The first gives what it has above the mean; the third has to keep a replica of each.
    expect(state).toBe('stuck')
    expect(detail).toContain('dn2')
    for (const id of some(30))
      expect(bench.manager.health(bench.block(id))).toMatchObject({ live: 2, misReplicated: false })
    expect(bench.manager.datanode(0, bench.now)?.blocks).toBe(20)
    expect(bench.manager.datanode(2, bench.now)?.blocks).toBe(30)
  })

  test('of what is balanced moves nothing', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2, 2] }, [
      [1, 2],
      [1, 2],
    ])
    weigh(bench)
    expect(balance(bench, 0.1)).toMatchObject({ state: 'balanced', moved: 0, most: 0.02, least: 0.02 })
  })

  test('moves no more at once than datanodes may be given', () => {
    const files = some(40).map(() => 1)
    const bench = Bench.started({ racks: ['a', 'b'], files, config: { replicationCopiesPerNode: 3 } }, [some(40), []])
    weigh(bench)
    bench.pass(200)
    bench.manager.balance(0.01, bench.now)
    expect(bench.manager.counts().pendingReplication).toBe(3)
  })

  test('ends when moves only fail', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: some(10).map(() => 1) }, [some(10), []])
    weigh(bench)
    let rounds = 0
    for (let state = 'moving'; state === 'moving' && rounds < 100; rounds++) {
      for (const [id, source, targets] of bench.pass(200).copies) {
        const block = bench.block(id)
        bench.manager.copyFailed(
          bench.from(source),
          { block: block.id, generation: block.generation },
          targets,
          bench.now,
        )
      }
      state = bench.manager.balance(0.01, bench.now).state
    }
    expect(rounds).toBeLessThan(100)
    expect(bench.manager.datanode(0, bench.now)?.blocks).toBe(10)
  })

  test('waits for blocks that are being healed before it says that none can be moved', () => {
    const files = some(30).map(() => 2)
    const bench = Bench.started({ racks: ['a', 'b', 'a', 'b'], files }, [some(30), [], [], []])
    weigh(bench)
    // Every block is on its way to a second datanode, and none can be moved now.
    bench.pass(200)
    expect(bench.manager.counts().pendingReplication).toBe(30)
    expect(bench.manager.balance(0.02, bench.now).state).toBe('moving')
    for (const id of some(30)) {
      const block = bench.block(id)
      for (const number of [1, 3]) bench.received(number, block)
    }
    expect(balance(bench, 0.02)).toMatchObject({ state: 'balanced' })
  })

  test('does not wait for ever for blocks that can not be healed', () => {
    const files = some(30).map(() => 2)
    const bench = Bench.started({ racks: ['a', 'b'], files }, [some(30), []])
    weigh(bench)
    let rounds = 0
    for (let state = 'moving'; state === 'moving' && rounds < 2_000; rounds++) {
      for (const [id, source, targets] of bench.pass(200).copies) {
        const { id: block, generation } = bench.block(id)
        bench.manager.copyFailed(bench.from(source), { block, generation }, targets, bench.now)
      }
      state = bench.manager.balance(0.01, bench.now).state
    }
    expect(rounds).toBeLessThan(1_000)
  })
})
