import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { TaskFailure, TaskResult } from '../../../mapreduce/master/task.ts'
import { Engine, type EngineOptions, finished, type Input, MiB } from './engine.ts'

const lines: Input[] = [{ name: 'logs/in.txt', bytes: 'first\nsecond\nthird\nfourth\n' }]

function failure(result: TaskResult): TaskFailure {
  if (result.ok) throw new Error('the task did not fail')
  return result
}

/** The names of the files a failed task left beside its input. */
const left = (engine: Engine): string[] => readdirSync(engine.directory).filter((name) => !name.startsWith('in-'))

async function failedMap(options: EngineOptions, inputs: readonly Input[] = lines): Promise<TaskFailure> {
  using engine = new Engine(options, inputs)
  const result = failure(await engine.run(engine.mapTask(0, engine.whole().flat())))
  expect(
    left(engine).filter((name) => name.includes('spill') || name.includes('pass') || name.includes('inflated')),
  ).toEqual([])
  return result
}

async function failedReduce(options: EngineOptions): Promise<TaskFailure> {
  using engine = new Engine(options, lines)
  const { slices } = finished(await engine.run(engine.mapTask(0, engine.whole().flat())))
  return failure(await engine.run(engine.reduceTask(0, slices)))
}

describe('what a map does wrong is told with the file, the byte, and the record', () => {
  test.each([
    ['map throws', 'TypeError: I can not', 3, 13, 'third'],
    ['map rejects', 'Error: later', 3, 13, 'third'],
    ['map throws no error', '"a string"', 3, 13, 'third'],
    ['map reads a file', '/nowhere/at/all', 1, 0, 'first'],
    ['function as key', 'a function as a key', 1, 0, 'first'],
    ['symbol as value', 'a symbol as a value', 1, 0, 'first'],
    ['no key', 'undefined as a key', 1, 0, 'first'],
  ])('%s', async (fault, said, record, byte, start) => {
    for (const checked of [false, true]) {
      for (const reducers of [0, 2]) {
        const found = await failedMap({ job: 'hostile', params: { fault }, checked, reducers })
        expect(found).toMatchObject({ code: 'MR_USER_CODE', permanent: false })
        for (const part of ['logs/in.txt', `byte ${byte} `, `record ${record} `, `"${start}"`, said])
          expect(found.message).toContain(part)
        if (fault !== 'map throws no error') expect(found.stack).toContain('hostile.mjs')
      }
    }
  })

  test('in a later segment, the byte is that of the file', async () => {
    using engine = new Engine({ job: 'hostile', params: { fault: 'map throws' } }, lines)
    const result = failure(await engine.run(engine.mapTask(0, [[0, 8, 18]])))
    expect(result.message).toContain('byte 13 (record 1 of the task)')
  })

  test.each(['key too large', 'view too large'])('a %s says so, whether it fits the memory or not', async (fault) => {
    for (const memory of [4, 256]) {
      const found = await failedMap({ job: 'hostile', params: { fault }, memoryBytes: memory * MiB })
      expect(found).toMatchObject({ code: 'MR_RECORD_TOO_LARGE', permanent: true })
    }
  })

  test('setup and cleanup say which they are', async () => {
    for (const [fault, said] of [
      ['setup throws', 'setup threw: Error: not ready'],
      ['setup reads a file', '/nowhere/at/all'],
      ['cleanup throws', 'cleanup threw: Error: what a mess'],
    ] as const) {
      const found = await failedMap({ job: 'hostile', params: { fault } })
      expect(found).toMatchObject({ code: 'MR_USER_CODE', message: expect.stringContaining(said) })
      expect(found.stack).toContain('hostile.mjs')
    }
  })
})

describe('what a reduce does wrong is told with the key', () => {
  test.each([
    ['reduce throws', 'RangeError: no more'],
    ['reduce rejects', 'Error: later'],
    ['reduce reads a file', '/nowhere/at/all'],
  ])('%s', async (fault, said) => {
    const found = await failedReduce({ job: 'hostile', params: { fault } })
    expect(found).toMatchObject({ code: 'MR_USER_CODE', permanent: false })
    expect(found.message).toContain('reduce threw at key "first"')
    expect(found.message).toContain(said)
    expect(found.stack).toContain('hostile.mjs')
  })

  test('sum of what is no number', async () => {
    using engine = new Engine({ job: 'sum-of-text' }, [{ name: 'in', bytes: 'k\t1\nk\tmany\n' }])
    const found = failure(await engine.run(engine.mapTask(0, engine.whole().flat())))
    expect(found).toMatchObject({
      code: 'MR_USER_CODE',
      message: expect.stringContaining('at key "k": sum was given "many"'),
    })
  })
})

describe('what a combiner does wrong fails the map', () => {
  test.each([
    ['throws', 'combine threw at key "first"'],
    ['promises', 'async combine'],
    ['changes the key', 'must keep the key'],
  ])('%s', async (fault, said) => {
    const found = await failedMap({ job: 'hostile-combine', params: { fault }, reducers: 2 })
    expect(found).toMatchObject({ code: 'MR_USER_CODE', message: expect.stringContaining(said) })
  })
})

describe('what a partitioner does wrong fails the map', () => {
  test.each([
    ['out of range', 'partition returned 3 for the key "first"; it has to be an integer from 0 to 2'],
    ['negative', 'partition returned -1'],
    ['fraction', 'partition returned 0.5'],
    ['text', 'partition returned 0'],
    ['nothing', 'partition returned undefined'],
    ['throws', 'partition threw at key "first": Error: not first'],
  ])('%s, whether values are folded or not', async (fault, said) => {
    for (const fold of ['yes', 'no']) {
      const found = await failedMap({ job: 'hostile-partition', params: { fault, fold }, reducers: 3 })
      expect(found).toMatchObject({ code: 'MR_USER_CODE', message: expect.stringContaining(said) })
    }
  })

  test('a fickle one loses no record in silence', async () => {
    const many = [{ name: 'in', bytes: Array.from({ length: 500 }, (_, i) => `k${i}\n`).join('') }]
    const found = await failedMap(
      { job: 'hostile-partition', params: { fault: 'fickle', fold: 'yes' }, reducers: 3 },
      many,
    )
    expect(found).toMatchObject({ code: 'MR_USER_CODE', message: expect.stringContaining('two different partitions') })
  })
})

describe('a run that was lost', () => {
  const damages: [string, (file: string) => void][] = [
    ['gone', (file) => rmSync(file)],
    ['cut short', (file) => truncateSync(file, 20)],
    ['emptied', (file) => truncateSync(file, 0)],
    ['of zeros', (file) => writeFileSync(file, Buffer.alloc(1000))],
  ]
  test.each(damages)('because it is %s names the map to run again, and the map mends it', async (_name, damage) => {
    using engine = new Engine({ job: 'wordcount-aggregates' }, [
      { name: 'a', bytes: 'x y' },
      { name: 'b', bytes: 'y z' },
    ])
    const maps = [engine.mapTask(5, [[0, 0, 3]]), engine.mapTask(6, [[1, 0, 3]])]
    const slices = []
    for (const task of maps) slices.push(...finished(await engine.run(task)).slices)
    const [, second] = maps
    if (second === undefined) throw new Error('no map')
    damage(second.outputFile)
    const lost = failure(await engine.run(engine.reduceTask(0, slices)))
    expect(lost).toMatchObject({ code: 'MR_LOST_RUN', lostMaps: [6], permanent: false })
    const again = finished(await engine.run(engine.mapTask(6, [[1, 0, 3]]))).slices
    finished(await engine.run(engine.reduceTask(0, [...slices.slice(0, 1), ...again])))
  })
})

describe('input that is not what it was', () => {
  test('is told by name, and no other attempt is made', async () => {
    using engine = new Engine({ job: 'wordcount-aggregates' }, [
      { name: 'grown.txt', bytes: 'a\n' },
      { name: 'bad.gz', bytes: gzipSync('hello').subarray(0, 12) },
      { name: 'gone.txt', bytes: 'a\n' },
    ])
    appendFileSync(path.join(engine.directory, 'in-0'), 'more')
    rmSync(path.join(engine.directory, 'in-2'))
    for (const [i, name] of ['grown.txt', 'bad.gz', 'gone.txt'].entries()) {
      const found = failure(await engine.run(engine.mapTask(i, [[i, 0, 2]])))
      expect(found).toMatchObject({ code: 'MR_BAD_INPUT', permanent: true, message: expect.stringContaining(name) })
    }
    expect(left(engine).filter((name) => name.includes('inflated'))).toEqual([])
  })

  test('a gzip file is read as what it holds, and nothing of that is left', async () => {
    using engine = new Engine({ job: 'wordcount-aggregates' }, [{ name: 'in.gz', bytes: gzipSync('a b a') }])
    const { parts } = await engine.job()
    expect(parts).toEqual(['a\t2\nb\t1\n'])
    expect(left(engine).filter((name) => name.includes('inflated'))).toEqual([])
  })

  test('a line over the limit is told with where it starts', async () => {
    using engine = new Engine({ job: 'map-only', reducers: 0 }, [
      { name: 'huge', bytes: 'short\n', extendTo: 70 * MiB },
    ])
    const found = failure(await engine.run(engine.mapTask(0, engine.whole().flat())))
    expect(found).toMatchObject({
      code: 'MR_RECORD_TOO_LARGE',
      permanent: true,
      message: expect.stringContaining('byte 6 '),
    })
  })
})

describe('a module that is no job', () => {
  test.each(['no-such-module', 'no-job'])('%s fails every task', async (job) => {
    using engine = new Engine({ job }, lines)
    for (let i = 0; i < 2; i++) {
      const found = failure(await engine.run(engine.mapTask(i, engine.whole().flat())))
      expect(found.message).toMatch(/no-such-module|no job as its default export/)
    }
  })
})

/** A disk of so many KiB below the engine's directory; where none can be mounted, the test is skipped. */
class SmallDisk implements Disposable {
  readonly path: string

  constructor(engine: Engine, kibibytes: number, skip: (note: string) => void) {
    this.path = path.join(engine.directory, 'small')
    mkdirSync(this.path)
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'none', this.path])
    if (status !== 0) skip('no tmpfs can be mounted here')
  }

  [Symbol.dispose](): void {
    spawnSync('umount', [this.path])
  }
}

describe('a disk that is full', () => {
  const many = [
    {
      name: 'in',
      bytes: Array.from({ length: 60_000 }, (_, i) => `key number ${i} ${'x'.repeat(60)}\n`).join(''),
    },
  ]

  test.for([
    ['in a spill', 'identity', {}],
    ['in a spill of the table', 'swallows', { fold: 'yes' }],
    ['in a spill, caught by user code', 'swallows', { fold: 'no' }],
  ] as const)('%s fails the map with MR_NO_SPACE and leaves no spill', async ([, job, params], { skip }) => {
    using engine = new Engine({ job, params, memoryBytes: 4 * MiB }, many)
    using disk = new SmallDisk(engine, 1024, skip)
    const task = { ...engine.mapTask(0, engine.whole().flat()), outputFile: path.join(disk.path, 'run') }
    expect(failure(await engine.run(task))).toMatchObject({
      code: 'MR_NO_SPACE',
      message: expect.stringContaining('QUERN_TMP'),
    })
    expect(readdirSync(disk.path).filter((name) => name.includes('spill'))).toEqual([])
    // The worker goes on with the next task.
    finished(await engine.run(engine.mapTask(1, [[0, 0, 1000]])))
  })

  test.for([
    ['of a reduce', 'identity'],
    ['of a reduce, caught by user code', 'swallows'],
  ] as const)('with the output %s fails it with MR_NO_SPACE', async ([, job], { skip }) => {
    using engine = new Engine({ job, memoryBytes: 8 * MiB }, many)
    using disk = new SmallDisk(engine, 1024, skip)
    const { slices } = finished(await engine.run(engine.mapTask(0, engine.whole().flat())))
    const task = { ...engine.reduceTask(0, slices), outputFile: path.join(disk.path, 'part') }
    expect(failure(await engine.run(task))).toMatchObject({ code: 'MR_NO_SPACE' })
  })

  test('with the output of a map-only job fails it with MR_NO_SPACE', async ({ skip }) => {
    using engine = new Engine({ job: 'map-only', reducers: 0 }, many)
    using disk = new SmallDisk(engine, 256, skip)
    const task = { ...engine.mapTask(0, engine.whole().flat()), outputFile: path.join(disk.path, 'part') }
    expect(failure(await engine.run(task))).toMatchObject({ code: 'MR_NO_SPACE' })
  })
})
