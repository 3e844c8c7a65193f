import { describe, expect, test } from 'vitest'
import { resolveConfig } from '../../../../dfs/base/config.ts'
import { SafeMode } from '../../../../dfs/namenode/blocks/safe-mode.ts'
import { Bench } from './bench.ts'

describe('safe mode', () => {
  test('says in HDFS’s words what it waits for, who has not come, and what to do', () => {
    const safeMode = new SafeMode(resolveConfig({}), { total: 100, safe: 0, live: 0, awaited: ['dn2'], strays: 0 })
    const facts = { total: 100, safe: 95, live: 1, awaited: ['dn2', 'dn3'], strays: 0 }
    expect(safeMode.update(facts, 0)).toBe(false)
    expect(safeMode.status(facts, 0)).toEqual({
      on: true,
      detail:
        'The reported blocks 95 needs additional 5 blocks to reach the threshold 0.9990 of total blocks 100. Not here yet: dn2, dn3. Safe mode will be turned off automatically once the thresholds have been reached; start these datanodes, or use "quern dfs safemode leave" to go on without these blocks.',
    })
    expect(safeMode.status({ ...facts, awaited: [] }, 0).detail).toContain('All datanodes have come')
    expect(safeMode.update({ ...facts, safe: 99 }, 0)).toBe(false)
    expect(safeMode.update({ ...facts, safe: 100 }, 0)).toBe(true)
    expect(safeMode.status(facts, 0)).toEqual({ on: false, detail: '' })
  })

  test('takes one block in a thousand for no reason to wait', () => {
    const safeMode = new SafeMode(resolveConfig({}), { total: 1_000, safe: 0, live: 0, awaited: [], strays: 0 })
    expect(safeMode.update({ total: 1_000, safe: 998, live: 0, awaited: [], strays: 0 }, 0)).toBe(false)
    expect(safeMode.update({ total: 1_000, safe: 999, live: 0, awaited: [], strays: 0 }, 0)).toBe(true)
  })

  test('waits for so many datanodes, and goes on for the extension; falling back starts that anew', () => {
    const config = resolveConfig({ safeModeDatanodes: 2, safeModeExtensionMillis: 5_000 })
    const safeMode = new SafeMode(config, { total: 1, safe: 0, live: 0, awaited: [], strays: 0 })
    const facts = { total: 1, safe: 1, live: 1, awaited: [], strays: 0 }
    expect(safeMode.status(facts, 0).detail).toContain(
      'The number of live datanodes 1 needs an additional 1 live datanodes to reach the minimum number 2.',
    )
    const reached = { ...facts, live: 2 }
    expect(safeMode.update(reached, 1_000)).toBe(false)
    expect(safeMode.status(reached, 2_000).detail).toContain('turned off automatically in 4 seconds')
    expect(safeMode.update(facts, 3_000)).toBe(false)
    expect(safeMode.update(reached, 6_500)).toBe(false)
    expect(safeMode.update(reached, 11_499)).toBe(false)
    expect(safeMode.update(reached, 11_500)).toBe(true)
  })

  test('is off where there is nothing to wait for', () => {
    expect(new Bench({ racks: ['a'] }).manager.inSafeMode).toBe(false)
  })

  test('entered by a person ends by a person, also while it would have ended by itself', () => {
    const bench = new Bench({ racks: ['a'], files: [1] })
    bench.manager.enterSafeMode()
    bench.register(0)
    bench.report(0, [bench.block(1)])
    bench.pass(1_000)
    expect(bench.manager.safeMode(bench.now).detail).toContain('turned on manually')
    bench.manager.leaveSafeMode()
    expect(bench.manager.safeMode(bench.now)).toEqual({ on: false, detail: '' })
  })

  test('entered for lack of room says so, and stays', () => {
    const bench = Bench.started({ racks: ['a'] })
    bench.manager.lowResources('/disk has 3 MB free')
    bench.pass(1_000)
    expect(bench.manager.safeMode(bench.now).detail).toContain('/disk has 3 MB free')
  })
})

describe('while it is safe mode', () => {
  test('nothing is copied and nothing deleted, afterwards all of it', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2, 1, 1] }, [[1, 2, 3], [3]])
    bench.manager.enterSafeMode()
    const block = bench.block(2)
    bench.blocks.remove(block.id)
    bench.manager.dropped([block], bench.now)
    bench.manager.droppedDurably([block])
    expect(bench.pass(3_000)).toMatchObject({ copies: [], deletions: [] })
    bench.manager.leaveSafeMode()
    const { copies, deletions } = bench.pass(400)
    expect(copies).toEqual([[1, 0, [1]]])
    expect(deletions).toHaveLength(2)
  })

  test('at the start blocks not reported are missing, and every report is counted', () => {
    const bench = new Bench({ racks: ['a', 'b'], files: [2, 2, 2] })
    bench.register(0)
    bench.report(0, [bench.block(1), bench.block(2)])
    bench.pass(200)
    expect(bench.manager.counts()).toMatchObject({ missing: 1, underReplicated: 0 })
    expect(bench.manager.safeMode(bench.now).detail).toContain('Not here yet: dn1.')
    bench.bad(0, bench.block(2))
    expect(bench.manager.counts().missing).toBe(2)
    bench.register(1)
    bench.report(1, [bench.block(2), bench.block(3)])
    expect(bench.manager.counts().missing).toBe(0)
    bench.pass(200)
    expect(bench.manager.inSafeMode).toBe(false)
    expect(bench.manager.counts()).toMatchObject({ missing: 0, underReplicated: 3 })
  })

  test('because data are newer than the namespace, a person has to end it; later ones are then passed over', () => {
    const bench = Bench.started({ racks: ['a'], files: [1] }, [[1]])
    expect(bench.manager.inSafeMode).toBe(false)
    bench.report(0, [bench.block(1), { id: 9, generation: 200, length: 1 }])
    expect(bench.pass(5_000).deletions).toEqual([])
    expect(bench.manager.safeMode(bench.now).detail).toContain('1 replicas are of blocks that this namespace has never')
    bench.manager.leaveSafeMode()
    bench.report(0, [bench.block(1), { id: 9, generation: 200, length: 1 }, { id: 12, generation: 190, length: 1 }])
    expect(bench.pass(5_000).deletions).toEqual([])
    expect(bench.manager.inSafeMode).toBe(false)
    expect(bench.beyond).toEqual([
      [9, 200],
      [12, 200],
    ])
  })

  test('at the start, a file that goes is not waited for', () => {
    const bench = new Bench({ racks: ['a'], files: [1, 1] })
    bench.register(0)
    bench.report(0, [bench.block(1)])
    bench.pass(200)
    expect(bench.manager.inSafeMode).toBe(true)
    const block = bench.block(2)
    bench.blocks.remove(block.id)
    bench.manager.dropped([block], bench.now)
    bench.pass(200)
    expect(bench.manager.inSafeMode).toBe(false)
  })
})
