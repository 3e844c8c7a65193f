/** Wrong usage is told as that, with exit code 2, whatever is at the root: here nothing. */
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Quern } from '../../support/quern.ts'

let quern: Quern

beforeAll(async () => {
  quern = await Quern.make()
})

afterAll(async () => {
  await quern[Symbol.asyncDispose]()
})

const words: readonly (readonly [words: string, said: string])[] = [
  ['balance --threshold 900', '--threshold 900: percent from 1 to 100'],
  ['balance --threshold much', '--threshold much: percent'],
  ['safemode sideways', "not 'sideways'"],
  ['setQuota 0 /', 'a positive number of names expected, got 0'],
  ['setSpaceQuota lots /', 'bytes expected, such as 500 or 10g, got lots'],
  ['fsck -list-corruptfileblocks -move', 'goes with no other option but -verify'],
  ['fsck -move --json', '-move and -delete go without'],
  ['start --datanodes 0', '--datanodes 0: a whole number'],
  ['start --datanodes 65', 'datanodes is 65'],
  ['start --racks many', '--racks many: a whole number'],
  ['start --http-port 70000', '--http-port 70000: a port'],
  ['start --set leaseMillis', '--set leaseMillis: it has to be name=value'],
  ['start --set leaseMillis=1', 'leaseMillis is 1; it has to be'],
]

test.each(words)('quern dfs %s', async (line, said) => {
  const { code, err } = await quern.run(['dfs', ...line.split(' ')])
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(said) })
  expect(err).toMatch(/^quern dfs: /)
  expect(existsSync(quern.root)).toBe(false)
})

test('a datanode is not called by an id that it can not have', async () => {
  for (const id of ['../x', 'dn', 'dn12345', 'DN1', '\u001b[2J']) {
    const { code, err } = await quern.run(['datanode', '--id', id])
    expect(code).toBe(2)
    expect(err).toMatch(/^quern datanode: --id .*: a datanode is called dn and a number of up to four digits/)
    expect(err).not.toContain('\u001b')
  }
  expect(existsSync(quern.root)).toBe(false)
})

test.each([
  ['namenode --port x', '--port x: a port'],
  ['namenode --datanodes 0', '--datanodes 0: a whole number'],
  ['datanode --set speed=1', '--set speed=1: it has to be name=value'],
])('quern %s', async (line, said) => {
  const { code, err } = await quern.run(line.split(' '))
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(said) })
})
