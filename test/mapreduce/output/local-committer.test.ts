import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownerTag } from '../../../mapreduce/master/owner.ts'
import { Scratch, sweepScratch } from '../../../mapreduce/master/scratch.ts'
import { outputDisk } from '../../../mapreduce/output/disk.ts'
import { LocalCommitter } from '../../../mapreduce/output/local-committer.ts'
import { tree } from '../master/run-job-fixture.ts'
import { type Fault, faultyDisk, Killed } from './faulty-disk.ts'

let directory: string
beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), 'quern-commit-test-'))
})
afterEach(async () => {
  await fs.rm(directory, { recursive: true, force: true })
})

/** The tag of a process that had this one's number before it. */
const deadTag = (): string => ownerTag().replace(/^(\d+~[^~]+)~\d+/, '$1~1')

const parts = ['part-r-00000', 'part-r-00001']

interface CommitRun {
  readonly outcome: 'committed' | 'failed' | 'killed'
  readonly operations: number
  readonly error: unknown
}

/** One job's commit, from the scratch directory to the visible output, with a fault in it. */
async function commitWith(
  fault: Fault,
  overwrite: boolean,
  output = path.join(directory, 'made/out'),
): Promise<CommitRun> {
  const { disk, operations } = faultyDisk(fault)
  const tag = deadTag()
  const scratch = await Scratch.create(tag, path.join(directory, 'tmp'), outputDisk)
  const committer = new LocalCommitter({
    output,
    shownPath: 'out',
    overwrite,
    tag,
    disk,
    record: (record) => scratch.record(record),
  })
  try {
    await committer.prepare()
    for (const part of parts) {
      await fs.writeFile(committer.attemptFile(part, 1), 'half')
      await fs.writeFile(`${committer.attemptFile(part, 1)}.pass-0`, 'half a merge')
      await committer.discardTask(part, 1)
      await fs.writeFile(committer.attemptFile(part, 2), `new ${part}`)
      await committer.commitTask(part, 2)
    }
    await committer.commitJob(parts)
    await committer.close()
  } catch (error) {
    if (error instanceof Killed) return { outcome: 'killed', operations: operations(), error }
    await committer.close()
    await scratch.remove()
    return { outcome: 'failed', operations: operations(), error }
  }
  await scratch.remove()
  return { outcome: 'committed', operations: operations(), error: undefined }
}

async function makeOldOutput(): Promise<void> {
  await fs.mkdir(path.join(directory, 'made/out'), { recursive: true })
  await fs.writeFile(path.join(directory, 'made/out/part-r-00007'), 'old')
  await fs.writeFile(path.join(directory, 'made/out/_SUCCESS'), '')
}

const whole = ['made/', 'made/out/', 'made/out/_SUCCESS', 'made/out/part-r-00000', 'made/out/part-r-00001', 'tmp/']
const old = ['made/', 'made/out/', 'made/out/_SUCCESS', 'made/out/part-r-00007', 'tmp/']
const nothing = ['tmp/']

describe('a commit killed before or after any one of its disk operations, once the next job has swept,', () => {
  it.each([
    { what: 'new output', overwrite: false, without: nothing },
    { what: 'overwritten output', overwrite: true, without: old },
  ])('leaves $what whole or not at all, and nothing else', async ({ overwrite, without }) => {
    const seen = new Set<string>()
    for (let at = 1; ; at++) {
      for (const when of ['before', 'after'] as const) {
        if (overwrite) await makeOldOutput()
        const { outcome } = await commitWith({ kind: 'kill', at, when }, overwrite)
        const visible = (await tree(directory)).filter((entry) => /^made\/out\/./.test(entry))
        const half =
          visible.length > 0 && ![whole, old].some((state) => visible.every((entry) => state.includes(entry)))
        expect(half, `half an output visible after operation ${at}: ${visible}`).toBe(false)
        await sweepScratch(path.join(directory, 'tmp'), outputDisk)
        const after = await tree(directory)
        expect([whole, without], `killed ${when} operation ${at}`).toContainEqual(after)
        seen.add(after === whole || after.includes('made/out/part-r-00000') ? 'new' : 'before')
        await fs.rm(path.join(directory, 'made'), { recursive: true, force: true })
        if (outcome === 'committed') {
          expect(seen).toEqual(new Set(['before', 'new']))
          return
        }
        expect(outcome).toBe('killed')
      }
    }
  })

  it('is settled by a sweep that is itself killed anywhere and done again', async () => {
    for (const overwrite of [false, true]) {
      if (overwrite) await makeOldOutput()
      const { operations } = await commitWith({ kind: 'none' }, overwrite)
      await fs.rm(path.join(directory, 'made'), { recursive: true, force: true })
      for (let at = operations - 8; at <= operations; at++) {
        for (let sweepAt = 1; ; sweepAt++) {
          if (overwrite) await makeOldOutput()
          await commitWith({ kind: 'kill', at, when: 'before' }, overwrite)
          const { disk } = faultyDisk({ kind: 'kill', at: sweepAt, when: 'before' })
          const done = await sweepScratch(path.join(directory, 'tmp'), disk).then(
            () => true,
            (error: unknown) => {
              if (error instanceof Killed) return false
              throw error
            },
          )
          if (!done) await sweepScratch(path.join(directory, 'tmp'), outputDisk)
          expect([whole, overwrite ? old : nothing]).toContainEqual(await tree(directory))
          await fs.rm(path.join(directory, 'made'), { recursive: true, force: true })
          if (done) break
        }
      }
    }
  })
})

describe('a disk that is full at any one operation', () => {
  it.each([
    { what: 'new output', overwrite: false, without: nothing },
    { what: 'overwritten output', overwrite: true, without: old },
  ])(
    'fails the commit of $what with MR_NO_SPACE, or MR_IO, and leaves nothing of it',
    async ({ overwrite, without }) => {
      const { operations } = await commitWith({ kind: 'none' }, overwrite)
      await fs.rm(path.join(directory, 'made'), { recursive: true, force: true })
      let refused = 0
      for (let at = 1; at <= operations; at++) {
        if (overwrite) await makeOldOutput()
        const { outcome, error } = await commitWith({ kind: 'refuse', at, code: 'ENOSPC' }, overwrite)
        const after = await tree(directory)
        if (outcome === 'failed') {
          refused++
          expect(error).toHaveProperty('code')
          expect([whole, without], `refused operation ${at}`).toContainEqual(after)
        } else {
          expect(after).toEqual(whole)
        }
        await fs.rm(path.join(directory, 'made'), { recursive: true, force: true })
      }
      expect(refused).toBeGreaterThan(8)
    },
  )
})

describe('a local output', () => {
  const prepare = async (output: string, overwrite = false): Promise<void> => {
    const tag = deadTag()
    const committer = new LocalCommitter({
      output,
      shownPath: output,
      overwrite,
      tag,
      disk: outputDisk,
      record: async () => {},
    })
    await committer.prepare()
    await committer.close()
  }
  const at = (name: string): string => path.join(directory, name)

  it('is refused where something is: a directory, even an empty one, or a file', async () => {
    await fs.mkdir(at('there'))
    await fs.writeFile(at('file'), '')
    await expect(prepare(at('there'))).rejects.toMatchObject({
      code: 'MR_OUTPUT_EXISTS',
      message: expect.stringContaining('--overwrite'),
    })
    await expect(prepare(at('file'))).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    await expect(prepare(at('file'), true)).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    await fs.symlink('nowhere', at('dangling'))
    await expect(prepare(at('dangling'))).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
  })

  it('is refused below a file, and as the root directory', async () => {
    await fs.writeFile(at('file'), '')
    await expect(prepare(at('file/below/out'))).rejects.toMatchObject({
      code: 'MR_USAGE',
      message: expect.stringContaining('not a directory'),
    })
    await expect(prepare('/')).rejects.toMatchObject({ code: 'MR_USAGE' })
  })

  it('is never overwritten when it holds what no job wrote', async () => {
    await fs.mkdir(at('home'))
    await fs.writeFile(at('home/thesis.tex'), '')
    await expect(prepare(at('home'), true)).rejects.toMatchObject({
      code: 'MR_OUTPUT_EXISTS',
      message: expect.stringContaining('thesis.tex'),
    })
    expect(await tree(directory)).toEqual(['home/', 'home/thesis.tex'])
  })

  it('takes away the parents it made when it is aborted, and no others', async () => {
    await fs.mkdir(at('kept'))
    await prepare(at('kept/made/too/out'))
    expect(await tree(directory)).toEqual(['kept/'])
  })

  it('made by someone else in the meantime is left alone', async () => {
    const tag = deadTag()
    const committer = new LocalCommitter({
      output: at('out'),
      shownPath: 'out',
      overwrite: false,
      tag,
      disk: outputDisk,
      record: async () => {},
    })
    await committer.prepare()
    await fs.mkdir(at('out'))
    await fs.writeFile(at('out/theirs'), '')
    await expect(committer.commitJob([])).rejects.toMatchObject({ code: 'MR_OUTPUT_EXISTS' })
    await committer.close()
    expect(await tree(directory)).toEqual(['out/', 'out/theirs'])
  })

  it('takes the first attempt of a part; the second to come is dropped', async () => {
    const tag = deadTag()
    const committer = new LocalCommitter({
      output: at('out'),
      shownPath: 'out',
      overwrite: false,
      tag,
      disk: outputDisk,
      record: async () => {},
    })
    await committer.prepare()
    for (const attempt of [1, 2])
      await fs.writeFile(committer.attemptFile('part-r-00000', attempt), `attempt ${attempt}`)
    expect(await Promise.all([1, 2].map((attempt) => committer.commitTask('part-r-00000', attempt)))).toEqual([
      true,
      false,
    ])
    await committer.commitJob(['part-r-00000'])
    expect(await fs.readFile(at('out/part-r-00000'), 'utf8')).toBe('attempt 1')
    await committer.close()
    expect(await tree(directory)).toEqual(['out/', 'out/_SUCCESS', 'out/part-r-00000'])
  })

  it('is not committed without all of its parts', async () => {
    const tag = deadTag()
    const committer = new LocalCommitter({
      output: at('out'),
      shownPath: 'out',
      overwrite: false,
      tag,
      disk: outputDisk,
      record: async () => {},
    })
    await committer.prepare()
    await expect(committer.commitJob(['part-r-00000'])).rejects.toThrow('without part-r-00000')
    await committer.close()
    expect(await tree(directory)).toEqual([])
  })
})

describe('named outputs', () => {
  it('of an attempt whose commit failed are gone when the next one commits without them', async () => {
    let refuse = true
    const refusal = Object.assign(new Error('EIO: refused'), { code: 'EIO' })
    const committer = new LocalCommitter({
      output: path.join(directory, 'out'),
      shownPath: 'out',
      overwrite: false,
      tag: ownerTag(),
      disk: {
        ...outputDisk,
        rename: (from, to) =>
          refuse && to.endsWith('part-r-00000') ? Promise.reject(refusal) : outputDisk.rename(from, to),
      },
      record: () => Promise.resolve(),
    })
    await committer.prepare()
    const [part = ''] = parts
    await fs.writeFile(committer.attemptFile(part, 1), 'one')
    await fs.writeFile(`${committer.attemptFile(part, 1)}.errors`, 'stale')
    await expect(committer.commitTask(part, 1, ['errors'])).rejects.toMatchObject({ code: 'MR_IO' })
    refuse = false
    await committer.discardTask(part, 1)
    await fs.writeFile(committer.attemptFile(part, 2), 'two')
    await committer.commitTask(part, 2)
    await committer.commitJob([part])
    await committer.close()
    expect(await fs.readdir(path.join(directory, 'out'))).toEqual(['_SUCCESS', part])
  })
})
