import fs from 'node:fs'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explanationLines } from '../../../bin/terminal/explanation.ts'
import { styleFor } from '../../../bin/terminal/style.ts'
import type { WorkerPool } from '../../../mapreduce/master/pool.ts'
import { explainJob, type RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { Flows } from './flow-fixture.ts'

let all: Flows
beforeAll(async () => {
  all = await Flows.make()
})
afterAll(async () => {
  await all[Symbol.asyncDispose]()
})

const mostFrequent = `defineFlow((flow) => flow.read()
  .flatMap((line) => line.words()).groupBy((word) => word).aggregate(count)
  .sortBy(([word, n]) => [desc(n), word]))`
const words = Array.from({ length: 4000 }, (_, n) => `w${(n * n) % 97} x${n % 13}${n % 5 === 0 ? '\n' : ' '}`).join('')
const failure = async (run: Promise<unknown>): Promise<{ code: string; message: string }> =>
  await run.then(
    () => expect.unreachable('it should have failed'),
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  )
const scratch = (): string[] => fs.readdirSync(all.place.scratchBase)
const small: Partial<RunJobOptions> = { workers: 3, memoryBytes: 12 * 2 ** 20, splitBytes: 3000, reducers: 3 }

describe('a flow', () => {
  it('leaves the same bytes whatever the workers and the memory, with a worker of the last stage killed too, and nothing else', async () => {
    const { parts, report } = await all.run(mostFrequent, { in: words }, { workers: 1, reducers: 3 })
    expect(report.stages?.map(({ name, outputRecords }) => [name, outputRecords])).toEqual([
      ['read input, flatMap, groupBy count', 64 - 2],
      ['sortBy', 64 - 2],
    ])
    let pools = 0
    const kill = (pool: WorkerPool): void => {
      if (++pools === 2) setTimeout(() => pool.kill(0, 'a test'), 5)
    }
    const again = await all.run(mostFrequent, { in: words }, small, { poolStarted: kill })
    expect(pools).toBe(2)
    expect(again.parts).toEqual(parts)
    expect(scratch()).toEqual([])
  })

  it('makes again what lay between two stages and was damaged or is gone, and says so', async () => {
    const { parts } = await all.run(mostFrequent, { in: words })
    for (const harm of [
      (file: string) => fs.rmSync(file),
      (file: string) => fs.truncateSync(file, 40),
      (file: string) => {
        const bytes = fs.readFileSync(file)
        bytes[60] = (bytes[60] ?? 0) ^ 1
        fs.writeFileSync(file, bytes)
      },
    ]) {
      let pools = 0
      const { report, parts: found } = await all.run(
        mostFrequent,
        { in: words },
        {},
        {
          poolStarted: () => {
            // The second stage is planned by then, and has read nothing.
            if (++pools !== 2) return
            const [tag = ''] = scratch()
            harm(path.join(all.place.scratchBase, tag, 'stage-1', 'part-r-00000'))
          },
        },
      )
      expect(report.notes.join('\n')).toContain('What stage 1 had handed on was lost or damaged')
      expect(found).toEqual(parts)
      expect(report.stages?.map(({ number }) => number)).toEqual([1, 1, 2])
    }
    expect(scratch()).toEqual([])
  })

  it('reads only the lines that hold what a format asks for, and counts the others', async () => {
    const flow = (read: string): string => `defineFlow((flow) => ${read}.groupBy((line) => line).aggregate(count))`
    const filtered = await all.run(flow("flow.read().filter((line) => line.includes('w5'))"), { in: words })
    const found = await all.run(flow("flow.read(quern.text({ contains: () => 'w5' }))"), { in: words }, small)
    expect(found.parts.join('').split('\n').sort()).toEqual(filtered.parts.join('').split('\n').sort())
    const records = ({ report }: typeof found) => report.stages?.map(({ inputRecords }) => inputRecords)
    expect(records(found)).toEqual(records(filtered))
  })

  it('tells which stage failed, where in the module, and at which record or key', async () => {
    const body = `defineFlow((flow) => flow.read().groupBy((line) => line).aggregate(count)
      .map(([line, n]) => {
        if (n > 1) throw new Error('more than one ' + line)
        return line
      })
      .distinct())`
    const { code, message } = await failure(all.run(body, { in: 'a\nb\na\n' }))
    expect(code).toBe('MR_USER_CODE')
    expect(message).toContain(
      'In stage 1 of 2 (read input, groupBy count, map):\nreduce threw at key "a": Error: more than one a',
    )
    expect(message).toMatch(/flow-\d+\.mjs:5:/)
    const early = 'defineFlow((flow) => flow.read().map((line) => line.nothing()).sortBy((row) => row).distinct())'
    expect((await failure(all.run(early, { in: 'a\n' }))).message).toMatch(
      /In stage 1 of 2 \(read input, map, sortBy\):\n.*threw at .*byte 0/,
    )
    expect(scratch()).toEqual([])
  })

  it('finds out before it begins that its output is there, and leaves no output when its last stage fails', async () => {
    await all.place.write('there/part-r-00000', 'mine\n')
    const output = { kind: 'local', path: all.place.at('there') } as const
    let began = false
    const taken = await failure(all.run(mostFrequent, { in: words }, { output }, { poolStarted: () => (began = true) }))
    expect(taken.code).toBe('MR_OUTPUT_EXISTS')
    expect(began).toBe(false)
    const late = `${mostFrequent.slice(0, -1)}.map(() => { throw new Error('late') }))`
    const place = all.place.at('never')
    expect((await failure(all.run(late, { in: words }, { output: { kind: 'local', path: place } }))).message).toContain(
      'late',
    )
    expect((await all.place.tree()).filter((name) => name.includes('never'))).toEqual([])
  })

  it('that is cancelled between two stages leaves nothing', async () => {
    const abort = new AbortController()
    const { code } = await failure(
      all.run(
        mostFrequent,
        { in: words },
        {
          signal: abort.signal,
          onProgress: ({ stage }) => {
            if (stage?.number === 2) abort.abort()
          },
        },
      ),
    )
    expect(code).toBe('MR_CANCELLED')
    expect(scratch()).toEqual([])
  })

  it.each([
    [{ skipBad: 3 }, '--skip-bad 3: a flow sets no records aside'],
    [{ resume: true }, '--resume: a flow keeps nothing'],
  ])('refuses %j', async (options, message) => {
    expect(await failure(all.run(mostFrequent, { in: words }, options))).toMatchObject({
      code: 'MR_USAGE',
      message: expect.stringContaining(message),
    })
  })

  it('refuses reducers where there are none', async () => {
    const { message } = await failure(all.run('defineFlow((flow) => flow.read())', { in: words }, { reducers: 2 }))
    expect(message).toContain('no stage of flow has a number of reducers')
  })

  it('writes rows as its format has them, or as it is told', async () => {
    const rows = 'flow.read().map((line) => ({ line: String(line) }))'
    const written = async (write: string, options: Partial<RunJobOptions> = {}) =>
      (await all.run(`defineFlow((flow) => ${write})`, { in: 'a\nb\n' }, options)).parts.join('')
    expect(await written(rows)).toBe('{"line":"a"}\n{"line":"b"}\n')
    expect(await written(`${rows}.write(jsonl())`)).toBe(
      '{"key":null,"value":{"line":"a"}}\n{"key":null,"value":{"line":"b"}}\n',
    )
    expect(await written(`${rows}.write(tsv(), (row, emit) => emit(row.line, 1))`)).toBe('a\t1\nb\t1\n')
    expect(await written('flow.read().map((line) => [line, 2, true])')).toBe('["a",2,true]\n["b",2,true]\n')
  })

  it('with more rows than memory holds is checked, cut and read again where it may be', async () => {
    const many = Array.from({ length: 40_000 }, (_, n) => `${(n * 7919) % 40_000} ${'x'.repeat(n % 40)}\n`).join('')
    const body = `defineFlow((flow) => flow.read().map((line) => [line.field(0, ' ').toNumber(), line]).cache()
      .sortBy(([n]) => desc(n)).map(([n]) => n))`
    const { parts, report } = await all.run(body, { in: many }, { ...small, splitBytes: 2 ** 18, checked: true })
    const numbers = parts.join('').trimEnd().split('\n').map(Number)
    expect(numbers).toEqual(Array.from({ length: 40_000 }, (_, n) => 39_999 - n))
    // What one stage left in a few files was read in pieces.
    expect(report.stages?.at(-1)?.maps).toBeGreaterThan(3)
  })
})

describe('--explain of a flow', () => {
  it('draws its stages, and reads and makes nothing', async () => {
    const moduleUrl = await all.module(mostFrequent)
    const input = await all.place.write('explained', 'a b\n')
    const explanation = await explainJob(
      {
        moduleUrl,
        jobName: 'words',
        params: {},
        inputs: [{ kind: 'local', path: input }],
        output: { kind: 'local', path: all.place.at('explained-out') },
        overwrite: false,
        workers: 2,
        memoryBytes: 2 ** 26,
        openDfs: () => Promise.reject(new Error('no DFS')),
      },
      { scratchBase: all.place.scratchBase },
    )
    expect(
      explanationLines(explanation, styleFor(new PassThrough(), { NO_COLOR: '1' })).map((line) =>
        line.replaceAll(all.place.directory, '.'),
      ),
    ).toEqual([
      'words: 2 stages on 1 worker with 64 MiB each',
      'stage 1: read input, flatMap, groupBy count',
      '  in         input: 1 file, 4 B, as text',
      '  maps       1 split',
      '  combine    count, folded into a table while mapping (what is no number, over sorted runs)',
      '  reduces    1 partition by a hash of the key',
      '  out        for later stages, 1 part as records',
      'stage 2: sortBy',
      '  in         the records of stage 1',
      '  maps       by the size of what there is then',
      '  reduces    partitions by ranges of keys, cut by a sample of the input',
      '  out        ./explained-out, parts as tsv',
    ])
    expect(scratch()).toEqual([])
  })
})
