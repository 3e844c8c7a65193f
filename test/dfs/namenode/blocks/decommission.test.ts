import { describe, expect, test } from 'vitest'
import { Bench } from './bench.ts'

describe('a datanode being decommissioned', () => {
  test('is the source of its blocks’ copies, takes no more, and is decommissioned when they are elsewhere', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2, 1] }, [[1, 2], [1], []])
    bench.manager.setAdminState(0, 'decommissioning', bench.now)
    expect(bench.manager.chooseTargets({ count: 3, length: 1, writer: 0 }).sort()).toEqual([1, 2])
    const first = bench.pass(200)
    expect(bench.manager.decommissionRemaining(0)).toBe(2)
    expect(first.decommissioned).toEqual([])
    expect(first.copies.map(([, source]) => source)).toEqual([0, 0])
    expect(bench.manager.locations(bench.block(1))).toEqual([1, 0])
    for (const [id, , targets] of first.copies) for (const target of targets) bench.received(target, bench.block(id))
    expect(bench.manager.decommissionRemaining(0)).toBe(0)
    expect(bench.pass(400).decommissioned).toEqual([0])
    expect(bench.manager.datanode(0, bench.now)?.adminState).toBe('decommissioned')
    // What it has stays: it does no harm, and may help.
    expect(bench.pass(2_000).deletions).toEqual([])
  })

  test('is done when the others have as many as they can, though fewer than asked for', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [3] }, [[1], [1], [1]])
    bench.manager.setAdminState(2, 'decommissioning', bench.now)
    expect(bench.pass(600).decommissioned).toEqual([2])
    expect(bench.manager.counts()).toMatchObject({ underReplicated: 1, waitingForDatanodes: 1 })
  })

  test('is never done when nobody else could have its blocks', () => {
    const bench = Bench.started({ racks: ['a'], files: [1] }, [[1]])
    bench.manager.setAdminState(0, 'decommissioning', bench.now)
    expect(bench.pass(2_000).decommissioned).toEqual([])
    expect(bench.manager.decommissionRemaining(0)).toBe(1)
    expect(bench.manager.locations(bench.block(1))).toEqual([0])
    expect(bench.manager.counts().missing).toBe(0)
  })

  test('waits for files that are being written to it', () => {
    const bench = Bench.started({ racks: ['a', 'b'] })
    const block = bench.openFile(1)
    bench.received(0, block, 10)
    bench.manager.setAdminState(0, 'decommissioning', bench.now)
    expect(bench.pass(1_000).decommissioned).toEqual([])
    bench.complete(block)
    expect(bench.work(2_000)).toMatchObject({ copies: [[1, 0, [1]]], decommissioned: [0] })
  })

  test('that dies is decommissioned: what it had is copied from others', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2] }, [[1], [1], []])
    bench.manager.setAdminState(0, 'decommissioning', bench.now)
    bench.silent.add(0)
    expect(bench.work(3_000)).toMatchObject({ died: [0], decommissioned: [0] })
    expect(bench.block(1).replicas).toEqual([1, 2])
  })

  test('that is taken back counts again, and what is too much goes', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2] }, [[1], [1], []])
    bench.manager.setAdminState(0, 'decommissioning', bench.now)
    bench.work(1_000)
    expect(bench.block(1).replicas).toEqual([0, 1, 2])
    bench.manager.setAdminState(0, 'in-service', bench.now)
    expect(bench.work(1_000).deletions).toHaveLength(1)
    expect(bench.manager.health(bench.block(1))).toMatchObject({ live: 2, leaving: 0, misReplicated: false })
  })
})
