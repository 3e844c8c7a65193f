import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeHdfs } from '../../dfs/webhdfs/fake-hdfs.ts'
import { compiledQuern, type Said } from '../support/compiled.ts'

let directory = ''
let hdfs: FakeHdfs
const quern = (...words: string[]): Promise<Said> => compiledQuern([...words], { cwd: directory })
const at = (inside: string): string => hdfs.url + inside

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-elsewhere-'))
  hdfs = await FakeHdfs.start()
  hdfs.put('/in/a.txt', 'the whale the sea\n')
  hdfs.put('/in/b.txt', 'the end\n')
})

afterAll(async () => {
  await hdfs.stop()
  fs.rmSync(directory, { recursive: true, force: true })
})

describe('quern run and quern get on webhdfs:// addresses', () => {
  it('count there and look up there, and say what was fetched', async () => {
    const made = await quern(
      'run',
      'wordcount',
      '-i',
      at('/in/*.txt'),
      '-o',
      at('/counts'),
      '-r',
      '2',
      '--format',
      'table',
    )
    expect(made).toMatchObject({ code: 0, out: '' })
    expect(made.err).toContain('Fetched 2 input files (26 bytes) in ')
    expect(made.err).toContain(`quern fs -cat '${at('/counts/part-r-*')}'`)
    expect(await quern('get', at('/counts'), 'the', 'sea')).toMatchObject({ code: 0, out: '3\n1\n', err: '' })
    expect(await quern('get', at('/none'), 'the')).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not exist'),
    })
    expect(await quern('run', 'wordcount', '-i', at('/in'), '-o', at('/counts'))).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${at('/counts')} exists already`),
    })
  })

  it('explain a job on what is there, and leave no trace of it', async () => {
    const { code, out } = await quern('run', 'wordcount', '-i', at('/in'), '-o', at('/other'), '--explain')
    expect(code).toBe(0)
    expect(out).toContain('26')
    expect([...hdfs.tree.keys()].filter((name) => name.includes('other'))).toEqual([])
  })

  it('say what an address has to look like', async () => {
    expect(await quern('run', 'wordcount', '-i', 'webhdfs:/in', '-o', 'out')).toMatchObject({
      code: 2,
      err: expect.stringContaining('webhdfs://host:port/path'),
    })
  })
})
