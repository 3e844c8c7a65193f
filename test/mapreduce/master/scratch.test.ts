import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownerIsDead, ownerTag } from '../../../mapreduce/master/owner.ts'
import { Scratch, scratchBase, sweepScratch } from '../../../mapreduce/master/scratch.ts'
import { outputDisk } from '../../../mapreduce/output/disk.ts'
import { settleSiblings } from '../../../mapreduce/output/recover.ts'
import { tree } from './run-job-fixture.ts'

let directory: string
let base: string
beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), 'quern-scratch-test-'))
  base = path.join(directory, 'quern-0')
})
afterEach(() => fs.rm(directory, { recursive: true, force: true }))

const deadTag = (): string => ownerTag().replace(/^(\d+~[^~]+)~\d+/, '$1~1')
const foreignTag = (): string => deadTag().replace(/~[0-9a-f]{8}~(\d+)$/, '~00000000~$1')

describe('the owner in a name', () => {
  it('lives while its process does, and every job has its own', () => {
    const [one, other] = [ownerTag(), ownerTag()]
    expect(one).not.toBe(other)
    expect(ownerIsDead(one)).toBe(false)
    expect(ownerIsDead(deadTag())).toBe(true)
  })
  it('of another machine, or that can not be read, is nobody to bury', () => {
    for (const tag of [foreignTag(), '', 'x', '1~2~3', '../..', `${deadTag()}x`]) expect(ownerIsDead(tag)).toBe(false)
  })
})

describe('scratch directories', () => {
  it("are the user's alone, whatever the umask was", async () => {
    await fs.mkdir(base, { mode: 0o755 })
    const scratch = await Scratch.create(ownerTag(), base, outputDisk)
    for (const made of [base, scratch.directory]) expect((await fs.stat(made)).mode & 0o777).toBe(0o700)
  })

  it('are refused where someone else has put something in their place', async () => {
    await fs.symlink(os.tmpdir(), base)
    await expect(Scratch.create(ownerTag(), base, outputDisk)).rejects.toMatchObject({
      code: 'MR_IO',
      message: expect.stringContaining('QUERN_TMP'),
    })
    await fs.rm(base)
    await fs.writeFile(base, '')
    await expect(Scratch.create(ownerTag(), base, outputDisk)).rejects.toMatchObject({ code: 'MR_IO' })
  })

  it('say where they could not be made', async () => {
    await fs.writeFile(path.join(directory, 'file'), '')
    await expect(Scratch.create(ownerTag(), path.join(directory, 'file/below'), outputDisk)).rejects.toMatchObject({
      code: 'MR_IO',
      message: expect.stringContaining('file/below'),
    })
    await fs.mkdir(base, { mode: 0o700 })
    const tag = ownerTag()
    await Scratch.create(tag, base, outputDisk)
    await expect(Scratch.create(tag, base, outputDisk)).rejects.toMatchObject({ code: 'MR_IO' })
  })

  it('stand where QUERN_TMP says', () => {
    expect(scratchBase({ QUERN_TMP: '/big/disk' })).toBe(`/big/disk/quern-${process.getuid?.()}`)
    expect(scratchBase({ QUERN_TMP: '' })).toBe(path.join(os.tmpdir(), `quern-${process.getuid?.()}`))
  })

  it("lose the files of one attempt, and no other's", async () => {
    const scratch = await Scratch.create(ownerTag(), base, outputDisk)
    for (const name of ['map-1.1.run', 'map-1.1.run.spill-0', 'map-1.11.run', 'map-11.1.run', 'reduce-1.1.x']) {
      await fs.writeFile(path.join(scratch.directory, name), '')
    }
    await scratch.discard('map', 1, 1)
    expect(await fs.readdir(scratch.directory)).toEqual(['map-1.11.run', 'map-11.1.run', 'reduce-1.1.x'])
  })
})

describe('the sweep', () => {
  const leave = async (tag: string, record?: unknown): Promise<void> => {
    await fs.mkdir(path.join(base, tag), { recursive: true })
    await fs.writeFile(path.join(base, tag, 'map-0.1.run'), 'x')
    if (record !== undefined)
      await fs.writeFile(
        path.join(base, tag, 'output.json'),
        typeof record === 'string' ? record : JSON.stringify(record),
      )
  }

  it('takes the dead, and leaves the living, the foreign and the unknown', async () => {
    const [alive, dead, foreign] = [ownerTag(), deadTag(), foreignTag()]
    for (const tag of [alive, dead, foreign, 'notes']) await leave(tag)
    expect(await sweepScratch(base, outputDisk)).toBe(1)
    expect((await fs.readdir(base)).sort()).toEqual([alive, foreign, 'notes'].sort())
    expect(await sweepScratch(path.join(directory, 'none'), outputDisk)).toBe(0)
  })

  it('acts on no record that it can not read whole', async () => {
    await fs.mkdir(path.join(directory, 'precious'))
    const precious = path.join(directory, 'precious/out')
    const records = [
      '',
      '{"output": "/',
      'null',
      '[]',
      { output: 7, madeParents: [] },
      { output: 'relative/out', madeParents: [] },
      { output: precious, madeParents: 'x' },
      { output: precious },
    ]
    for (const record of records) await leave(deadTag(), record)
    expect(await sweepScratch(base, outputDisk)).toBe(records.length)
    expect(await tree(directory)).toEqual(['precious/', 'quern-0/'])
  })

  it('passes over parents in a record that are no paths, and takes the empty ones of the rest', async () => {
    const made = path.join(directory, 'made')
    await fs.mkdir(made)
    await leave(deadTag(), { output: path.join(made, 'out'), madeParents: ['relative', 3, made] })
    await sweepScratch(base, outputDisk)
    expect(await tree(directory)).toEqual(['quern-0/'])
  })

  it('finds each step done when another job sweeps the same at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const tag = deadTag()
      const output = path.join(directory, `out-${round}`)
      const hidden = path.join(directory, `.out-${round}.quern-${tag}`)
      for (const made of [hidden, `${hidden}.old`]) await fs.mkdir(made)
      for (const file of [`${hidden}/_SUCCESS`, `${hidden}/part-r-00000`, `${hidden}.old/part-r-00001`])
        await fs.writeFile(file, '')
      await leave(tag, { output, madeParents: [] })
      await Promise.all([
        sweepScratch(base, outputDisk),
        sweepScratch(base, outputDisk),
        sweepScratch(base, outputDisk),
      ])
      expect(await fs.readdir(output)).toEqual(['_SUCCESS', 'part-r-00000'])
      await fs.rm(output, { recursive: true })
      expect(await tree(directory)).toEqual(['quern-0/'])
    }
  })

  it('passes on what else the disk says to a rename', async () => {
    const tag = deadTag()
    const hidden = path.join(directory, `.out.quern-${tag}`)
    for (const made of [hidden, `${hidden}.old`]) await fs.mkdir(made)
    await leave(tag, { output: path.join(directory, 'out'), madeParents: [] })
    const refusing = { ...outputDisk, rename: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) }
    await expect(sweepScratch(base, refusing)).rejects.toMatchObject({ code: 'EIO' })
    // Unfinished with the old one aside: undone.
    await sweepScratch(base, outputDisk)
    expect(await tree(directory)).toEqual(['out/', 'quern-0/'])
  })

  it('says what stands in its way', async () => {
    await fs.writeFile(base, '')
    await expect(sweepScratch(base, outputDisk)).rejects.toMatchObject({ code: 'MR_IO' })
  })
})

describe('beside a new output', () => {
  it('what the dead left is settled by name alone, as after a reboot that emptied /tmp', async () => {
    const [dead, alive] = [deadTag(), ownerTag()]
    for (const name of [
      `.out.quern-${dead}`,
      `.out.quern-${dead}.old`,
      `.other.quern-${dead}`,
      `.out.quern-${alive}`,
      `.out.quern-${foreignTag()}`,
      '.git',
      'plain',
    ]) {
      await fs.mkdir(path.join(directory, name))
    }
    await fs.writeFile(path.join(directory, `.out.quern-${dead}/_SUCCESS`), '')
    await settleSiblings(outputDisk, path.join(directory, 'new'), ownerIsDead)
    const left = await tree(directory)
    expect(left.filter((name) => name.includes(dead))).toEqual([])
    expect(left).toEqual(expect.arrayContaining(['out/', 'out/_SUCCESS', `.out.quern-${alive}/`, '.git/', 'plain/']))
    await settleSiblings(outputDisk, path.join(directory, 'nowhere/new'), ownerIsDead)
  })
})
