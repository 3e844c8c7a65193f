import { describe, expect, test } from 'vitest'
import { Bench } from './bench.ts'

const fourOnTwoRacks = ['a', 'a', 'b', 'b']

describe('a datanode that falls silent', () => {
  test('is stale after 600 ms: asked last and given nothing new; it is live again with its next heartbeat', () => {
    const bench = Bench.started({ racks: fourOnTwoRacks, files: [2] }, [[1], [], [1], []])
    bench.silent.add(0)
    bench.pass(800)
    expect(bench.manager.datanode(0, bench.now)).toMatchObject({ liveness: 'stale', lastContact: 800 })
    expect(bench.manager.locations(bench.block(1))).toEqual([2, 0])
    expect(bench.manager.chooseTargets({ count: 3, length: 1, writer: 0 })).not.toContain(0)
    // With nobody else left it is better than none.
    expect(bench.manager.chooseTargets({ count: 4, length: 1 })).toContain(0)
    bench.silent.clear()
    bench.pass(200)
    expect(bench.manager.datanode(0, bench.now)?.liveness).toBe('live')
    expect(bench.pass(1_000).copies).toEqual([])
  })

  test('is dead after 2 s: its replicas count no more, the most endangered are copied first', () => {
    const bench = Bench.started(
      { racks: ['a', 'a', 'a', 'b', 'b'], files: [3, 3, 2], config: { replicationWorkMultiplier: 1 } },
      [[1, 2, 3], [1], [1, 2], [2], []],
    )
    bench.setReplication(bench.block(1), 4)
    bench.silent.add(0)
    const { died, copies } = bench.pass(2_200)
    expect(died).toEqual([0])
    expect(bench.block(3).replicas).toEqual([])
    expect(bench.manager.counts()).toMatchObject({ missing: 1, underReplicated: 2 })
    expect(copies.map(([block]) => block).slice(0, 1)).toEqual([1])
    expect(bench.manager.locations(bench.block(1))).toEqual([1, 2])
    expect(bench.manager.datanode(0, bench.now)).toMatchObject({ liveness: 'dead', blocks: 0 })
  })

  test('leaves a block with one replica: that one goes before those with two', () => {
    const files = [...Array.from({ length: 30 }, () => 3), 2]
    const many = files.slice(1).map((_, index) => index + 1)
    const bench = Bench.started({ racks: ['a', 'a', 'b', 'b'], files, config: { replicationWorkMultiplier: 2 } }, [
      [...many, 31],
      many,
      many,
      [31],
    ])
    bench.silent.add(0)
    const { copies } = bench.pass(2_000)
    expect(copies).toHaveLength(6)
    expect(copies.map(([block]) => block)).toContain(31)
  })

  test('and comes back with all it had: what was copied meanwhile is surplus and goes', () => {
    const bench = Bench.started({ racks: fourOnTwoRacks, files: [3] }, [[1], [1], [1], []])
    bench.silent.add(0)
    bench.work(3_000)
    expect(bench.block(1).replicas).toEqual([1, 2, 3])
    bench.silent.clear()
    expect(bench.beat(0).register).toBe(true)
    bench.register(0)
    expect(bench.work(1_000).deletions).toEqual([])
    bench.report(0, [bench.block(1)])
    expect(bench.work(1_000).deletions).toHaveLength(1)
    expect(bench.block(1).replicas).toHaveLength(3)
    expect(bench.manager.counts()).toMatchObject({ overReplicated: 0, pendingDeletion: 0 })
  })

  test('and comes back while its old replicas are still being taken off the books: what it reports then stays', () => {
    const files = Array.from({ length: 40 }, () => 2)
    const all = files.map((_, index) => index + 1)
    const bench = Bench.started({ racks: ['a', 'b'], files, sweepSlice: 10 }, [all, all])
    bench.silent.add(0)
    bench.pass(1_800)
    bench.now += 200
    expect(bench.manager.tick(bench.now)).toMatchObject({ died: [0], again: true })
    bench.register(0)
    bench.report(
      0,
      all.slice(0, 35).map((id) => bench.block(id)),
    )
    bench.silent.clear()
    bench.pass(400)
    expect(all.filter((id) => bench.block(id).replicas.length === 2)).toEqual(all.slice(0, 35))
    expect(bench.manager.datanode(0, bench.now)?.blocks).toBe(35)
  })

  test('with another directory has none of its replicas', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2] }, [[1], [1]])
    bench.register(0, { uuid: 'second' })
    bench.pass(200)
    expect(bench.block(1).replicas).toEqual([1])
  })

  test('is not to blame when this process was frozen', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2] }, [[1], [1]])
    bench.now += 60_000
    expect(bench.manager.tick(bench.now).died).toEqual([])
    expect(bench.manager.datanode(0, bench.now)?.liveness).toBe('live')
    bench.silent.add(0)
    expect(bench.pass(2_200).died).toEqual([0])
  })
})

describe('copies', () => {
  test('are bounded for each datanode, in number and in bytes', () => {
    const files = Array.from({ length: 50 }, () => 2)
    const all = files.map((_, index) => index + 1)
    const config = { replicationCopiesPerNode: 3, replicationBytesPerNode: 25 }
    const bench = Bench.started({ racks: ['a', 'b'], files, config }, [all, []])
    expect(bench.pass(2_000).copies).toHaveLength(2)
    expect(bench.manager.counts().pendingReplication).toBe(2)
    const number = Bench.started({ racks: ['a', 'b'], files, config: { replicationCopiesPerNode: 3 } }, [all, []])
    expect(number.pass(2_000).copies).toHaveLength(3)
  })

  test('of a block larger than the bound go alone', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2, 2], config: { replicationBytesPerNode: 1 } }, [
      [1, 2],
      [],
    ])
    expect(bench.pass(1_000).copies).toHaveLength(1)
  })

  test('that are lost are ordered anew, those that failed after a rest', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2] }, [[1], []])
    expect(bench.pass(29_000).copies).toEqual([[1, 0, [1]]])
    expect(bench.pass(4_000).copies).toEqual([[1, 0, [1]]])
    bench.manager.copyFailed(
      bench.from(0),
      { block: bench.block(1).id, generation: bench.block(1).generation },
      [1],
      bench.now,
    )
    expect(bench.pass(400).copies).toEqual([])
    expect(bench.pass(600).copies).toEqual([[1, 0, [1]]])
  })

  test('wait for the last replicas of a file just completed to be reported', () => {
    const bench = Bench.started({ racks: ['a', 'b'] })
    const block = bench.openFile(2)
    bench.received(0, block, 10)
    bench.complete(block)
    expect(bench.pass(400).copies).toEqual([])
    bench.received(1, block)
    expect(bench.pass(2_000).copies).toEqual([])
  })

  test('wait for datanodes that are still coming, right after the start, for as long as one may be silent', () => {
    const bench = new Bench({ racks: ['a', 'b', 'b'], files: [3] })
    for (const number of [0, 1]) bench.register(number)
    bench.report(0, [bench.block(1)])
    bench.report(1, [])
    expect(bench.pass(1_800).copies).toEqual([])
    expect(bench.pass(600).copies).toEqual([[1, 0, [1]]])
  })

  test('go to a new datanode as soon as it has come', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [3] }, [[1], [1]])
    expect(bench.pass(1_000).copies).toEqual([])
    expect(bench.manager.counts()).toMatchObject({ underReplicated: 1, waitingForDatanodes: 1 })
    expect(bench.manager.atTarget(bench.block(1))).toBe(true)
    bench.known.push({ ...bench.known[0], id: 'new', rack: 'b', directory: '/new', adminState: 'in-service' } as never)
    bench.register(2)
    bench.report(2, [])
    expect(bench.work(1_000).copies).toHaveLength(1)
    expect(bench.block(1).replicas).toEqual([0, 1, 2])
  })

  test('bring a block that lies on one rack to a second, and one of the first rack goes', () => {
    const bench = Bench.started({ racks: fourOnTwoRacks, files: [2] }, [[1], [1], [], []])
    expect(bench.manager.health(bench.block(1)).misReplicated).toBe(true)
    const { copies, deletions } = bench.work(2_000)
    expect(copies).toHaveLength(1)
    expect(deletions).toHaveLength(1)
    expect(bench.manager.health(bench.block(1))).toMatchObject({ live: 2, misReplicated: false })
  })

  test('pass over a full datanode, and are made once it has room', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2] })
    bench.beats[1] = { capacity: 1_000, free: 5, used: 995, writers: 0 }
    bench.pass(200)
    bench.report(0, [bench.block(1)])
    expect(bench.pass(2_000).copies).toEqual([])
    bench.beats[1] = { capacity: 1_000, free: 500, used: 500, writers: 0 }
    expect(bench.pass(1_000).copies).toEqual([[1, 0, [1]]])
  })
})

test('a million blocks are looked at in slices', () => {
  const files = Array.from({ length: 60_000 }, () => 2)
  const all = files.map((_, index) => index + 1)
  const bench = Bench.started({ racks: ['a', 'b'], files }, [all, all])
  bench.silent.add(0)
  bench.pass(1_800)
  let slices = 1
  bench.now += 200
  while (bench.manager.tick(bench.now).again) slices++
  expect(slices).toBe(4)
  expect(bench.manager.counts()).toMatchObject({ underReplicated: 60_000, waitingForDatanodes: 60_000 })
})
