import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MrError } from '../../../mapreduce/base/errors.ts'
import { diskError, outputDisk } from '../../../mapreduce/output/disk.ts'

let directory: string
const at = (name: string): string => path.join(directory, name)
beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), 'quern-disk-test-'))
})
afterEach(() => fs.rm(directory, { recursive: true, force: true }))

const refusal = (code: string): Error => Object.assign(new Error(`${code}: no`), { code })
const tooLong = 'x'.repeat(300)

describe('a refusal of the operating system', () => {
  it.each([
    ['ENOSPC', 'MR_NO_SPACE', 'QUERN_TMP'],
    ['EDQUOT', 'MR_NO_SPACE', 'QUERN_TMP'],
    ['EACCES', 'MR_IO', 'No permission'],
    ['EROFS', 'MR_IO', 'No permission'],
    ['EIO', 'MR_IO', 'EIO: no'],
  ])('%s is %s, with the path and the cause', (code, becomes, says) => {
    const cause = refusal(code)
    const error = diskError(cause, 'writing', '/some/file')
    expect(error).toMatchObject({ code: becomes, cause, message: expect.stringContaining('writing /some/file') })
    expect(error).toMatchObject({ message: expect.stringContaining(says) })
  })

  it('that has been explained already, and what is none, stay as they are', () => {
    for (const error of [new MrError('MR_IO', 'said'), new TypeError('a mistake'), 'text']) {
      expect(diskError(error, 'writing', '/f')).toBe(error)
    }
  })
})

describe('the disk', () => {
  it('tells files, directories, other things and nothing apart', async () => {
    await fs.writeFile(at('file'), '')
    await fs.symlink('nowhere', at('dangling'))
    await fs.symlink('file', at('link'))
    const kinds = ['file', 'link', '.', 'dangling', 'none', 'file/below'].map((name) => outputDisk.kind(at(name)))
    expect(await Promise.all(kinds)).toEqual(['file', 'file', 'directory', 'other', undefined, undefined])
    await expect(outputDisk.kind(at(tooLong))).rejects.toMatchObject({ code: 'MR_IO' })
  })

  it('removes an empty directory only', async () => {
    await fs.mkdir(at('full/empty'), { recursive: true })
    await fs.writeFile(at('file'), '')
    const removed = [await outputDisk.removeEmpty(at('full')), await outputDisk.removeEmpty(at('full/empty'))]
    expect([...removed, await outputDisk.removeEmpty(at('none')), await outputDisk.removeEmpty(at('file'))]).toEqual([
      false,
      true,
      false,
      false,
    ])
    await expect(outputDisk.removeEmpty(at(tooLong))).rejects.toMatchObject({ code: 'MR_IO' })
  })

  it('reads what is there, undefined for nothing, and says when it can not', async () => {
    await outputDisk.writeDurable(at('file'), 'text')
    expect(await outputDisk.readText(at('file'))).toBe('text')
    expect(await outputDisk.readText(at('none'))).toBeUndefined()
    expect(await outputDisk.readText(at('file/below'))).toBeUndefined()
    await expect(outputDisk.readText(directory)).rejects.toMatchObject({ code: 'MR_IO' })
  })

  it('says what it was doing when it fails', async () => {
    await expect(outputDisk.mkdir(directory)).rejects.toMatchObject({
      message: expect.stringContaining('making the directory'),
    })
    await expect(outputDisk.list(at('none'))).rejects.toMatchObject({ message: expect.stringContaining('listing') })
    await expect(outputDisk.syncFile(at('none'))).rejects.toMatchObject({ message: expect.stringContaining('syncing') })
    await expect(outputDisk.writeDurable('/dev/full', 'x')).rejects.toMatchObject({ code: 'MR_NO_SPACE' })
  })
})
