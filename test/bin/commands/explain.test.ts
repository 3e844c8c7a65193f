import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledQuern } from '../support/compiled.ts'

let directory = ''
const at = (name: string): string => path.join(directory, name)
const explain = async (...argv: string[]) => {
  const before = fs.readdirSync(directory)
  const said = await compiledQuern(['run', ...argv, '--explain', '--workers', '2', '--memory', '64MB'], {
    cwd: directory,
  })
  expect(fs.readdirSync(directory), 'nothing is made').toEqual(before)
  return { ...said, out: said.out.replaceAll(`${directory}/`, '') }
}

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-explain-test-'))
  fs.writeFileSync(at('a.txt'), 'a b\n'.repeat(300_000))
  fs.writeFileSync(at('b.txt.gz'), gzipSync('a c\n'))
  fs.writeFileSync(
    at('join.ts'),
    `import { defineJoin } from 'quern'
    export default defineJoin({ type: 'full', left: { key: (l) => l.field(0, ' ') }, right: { key: (l) => l.field(0, ' ') } })`,
  )
  fs.writeFileSync(at('own.mjs'), 'export default { map() {}, combine() {}, reduce() {}, partition: () => 0 }')
  fs.writeFileSync(at('second.mjs'), 'export default { map() {}, reduce() {}, groupBy: 2 }')
})
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

describe('quern run --explain', () => {
  it('tells what a job would do', async () => {
    const { code, out, err } = await explain('wordcount', '-i', 'a.txt', 'b.txt.gz', '-o', 'out', '-r', '3')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n')).toEqual([
      'wordcount: 1 stage on 2 workers with 32 MiB each',
      '  in         2 files, 1.1 MiB, as text, 1 of them gzip, unpacked whole',
      '  maps       2 splits',
      '  combine    sum, folded into a table while mapping (what is no number, over sorted runs)',
      '  reduces    3 partitions by a hash of the key',
      '  out        out, 3 parts as tsv',
      '  note       Hot keys, by a sample: "a" has 50 % of what map emits, "b" 50 %. That costs nothing extra: records with equal keys are combined while mapping.',
      '',
    ])
  })

  it("tells a join's strategy and why, each input by its name", async () => {
    const { out } = await explain('./join.ts', '-i', 'left=a.txt', 'right=b.txt.gz', '-o', 'out')
    expect(out).toContain('in         left: 1 file, 1.1 MiB, as text\n')
    expect(out).toContain('in         right: 1 file, 24 B, as text, 1 of them gzip, unpacked whole\n')
    expect(out).toContain('join       partitioned, right held: a full join has no side that may be broadcast\n')
  })

  it('tells whose partitioner and combiner it is, and that a job only maps', async () => {
    const own = await explain('./own.mjs', '-i', 'a.txt', '-o', 'out')
    expect(own.out).toContain("by the job's own function\n")
    expect(own.out).toContain('combine    a function, over sorted runs\n')
    expect((await explain('./second.mjs', '-i', 'a.txt', '-o', 'out')).out).toContain(
      'by a hash of the first 2 fields of the key\n',
    )
    const grep = await explain('grep', '-p', 'pattern=a', '-i', 'a.txt', '-o', 'out')
    expect(grep.out).toContain('reduces    none: what the maps put out is the output\n')
  })

  it('is JSON with --json, a list of stages', async () => {
    const { out } = await explain('./join.ts', '-i', 'left=a.txt', 'right=b.txt.gz', '-o', 'out', '--json')
    expect(JSON.parse(out)).toMatchObject({
      jobName: 'join',
      workers: 2,
      stages: [
        {
          inputs: [{ name: 'left' }, { name: 'right' }],
          join: { strategy: 'partitioned', held: 'right' },
          reducers: 1,
        },
      ],
    })
  })

  it('refuses what the run would refuse', async () => {
    expect(await explain('wordcount', '-i', 'nothing-there', '-o', 'out')).toMatchObject({ code: 2, out: '' })
    expect(await explain('./join.ts', '-i', 'left=a.txt', '-o', 'out')).toMatchObject({ code: 2, out: '' })
  })
})
