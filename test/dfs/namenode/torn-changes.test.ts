/** A journal that ends in the middle of a change has all changes before it, and that one not at all, of whatever type. */
import { expect, test } from 'vitest'
import { defaults } from '../../../dfs/base/config.ts'
import { realEnv } from '../../../dfs/base/env.ts'
import * as decide from '../../../dfs/namenode/decide.ts'
import { DurableNamespace } from '../../../dfs/namenode/durable-namespace.ts'
import { recoverNamespace } from '../../../dfs/namenode/storage.ts'
import { MemoryDisk } from '../memory-disk.ts'
import { Requests } from './requests.ts'
import { caller, picture, replay } from './state.ts'

const journal = '/nn/journal-0000000000000001'

function everyType(): Requests {
  const fs = new Requests()
  fs.mkdir('/d')
  fs.put('/d/f', 15)
  fs.put('/d/g', 5)
  fs.quota('/d', { names: 50, space: 1000 })
  fs.allow('/d')
  fs.snapshot('/d', 's1')
  const { record } = fs.reopen('/d/f')
  const { block, generation } = decide.decideAddBlock(fs.state, { file: record.file, index: 0, previousLength: 0 })
  fs.write(record.file, 9)
  fs.apply(decide.decideNewGeneration(fs.state, { file: record.file, block, previous: generation }).record)
  fs.complete(record.file, 9)
  fs.apply(decide.decideAbandon(fs.state, fs.reopen('/d/f', 3).record.file))
  fs.apply(decide.decideConcat(fs.state, caller, { path: '/d/f', sources: ['/d/g'], time: ++fs.time }))
  fs.chmod('/d/f', 0o600)
  fs.chown('/d/f', { owner: 'ada', group: 'staff' })
  fs.apply(decide.decideSetReplication(fs.state, caller, { path: '/d/f', replication: 2 }))
  fs.apply(decide.decideSetTimes(fs.state, caller, { path: '/d/f', accessTime: 5 }))
  fs.put('/d/h', 5)
  fs.rename('/d/h', '/d/f', caller, true)
  fs.rename('/d/f', '/d/i')
  fs.apply(decide.decideRenameSnapshot(fs.state, caller, { path: '/d', from: 's1', to: 's2', time: 1 }))
  fs.apply({ type: 'answer', client: 'c', sequence: 7, answer: '{"a":1}', time: 5 })
  fs.apply(decide.decideDeleteSnapshot(fs.state, caller, { path: '/d', name: 's2', time: 1 }))
  fs.apply(decide.decideDisallowSnapshot(fs.state, caller, { path: '/d' }))
  fs.apply(decide.decidePublish(fs.state, caller, { directory: '/d/out', files: [], overwrite: false, time: 1 }))
  fs.delete('/d')
  return fs
}

async function journalled(): Promise<{ disk: MemoryDisk; durable: DurableNamespace }> {
  const disk = new MemoryDisk()
  await disk.makeDirectory('/nn')
  const env = { ...realEnv, disk, now: () => 1000 }
  return { disk, durable: await DurableNamespace.open({ env, directory: '/nn', config: defaults, onDead: () => {} }) }
}

test('cut at every byte of each change', async () => {
  const { records } = everyType()
  const { disk, durable } = await journalled()
  const sizes = [disk.content(journal).length]
  for (const record of records) {
    await durable.commit(record)
    sizes.push(disk.content(journal).length)
  }
  await durable.close()
  expect(new Set(records.map(({ type }) => type)).size).toBe(22)
  for (const [i] of records.entries()) {
    const before = picture(replay(records.slice(0, i)))
    const [from = 0, to = 0] = sizes.slice(i, i + 2)
    for (let length = from; length < to; length++) {
      const cut = disk.clone()
      cut.files.set(journal, cut.content(journal).subarray(0, length))
      const { state, journal: resumed } = await recoverNamespace(cut, '/nn')
      await resumed.close()
      if (picture(state) !== before) expect(picture(state), `${records[i]?.type} cut at ${length}`).toBe(before)
    }
  }
})

test('a change and what its request was told are there together or not at all', async () => {
  const { disk, durable } = await journalled()
  const [record] = everyType().records
  if (record === undefined) throw new Error('no record')
  const before = disk.content(journal).length
  durable.request = { client: 'c', sequence: 1 }
  await durable.commit(record, { answer: 42 })
  expect(durable.answered({ client: 'c', sequence: 1 })).toBe('{"answer":42}')
  await durable.close()
  const whole = disk.content(journal)
  for (let length = before; length <= whole.length; length++) {
    const cut = disk.clone()
    cut.files.set(journal, whole.subarray(0, length))
    const { state, journal: resumed } = await recoverNamespace(cut, '/nn')
    await resumed.close()
    const there = length === whole.length
    expect(state.find('/d') !== undefined).toBe(there)
    expect(state.answers.lookup('c', 1)).toBe(there ? '{"answer":42}' : undefined)
  }
})

test('a change whose answer can not be journalled changes nothing', async () => {
  const { durable } = await journalled()
  const before = picture(durable.state)
  const [record] = everyType().records
  if (record === undefined) throw new Error('no record')
  durable.request = { client: 'c', sequence: 1 }
  expect(() => durable.change(record, 'x'.repeat(100_000))).toThrow('an answer of 100002 bytes is over its limit')
  durable.request = { client: 'c'.repeat(500), sequence: 1 }
  expect(() => durable.change(record)).toThrow('a client of 500 bytes')
  expect(picture(durable.state)).toBe(before)
  await durable.close()
})
