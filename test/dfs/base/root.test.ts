import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isAlive, openDfs, processIdentity } from '../../../dfs/index.ts'
import { code, outcome, removeRoots, temporaryRoot, writeFile } from '../harness.ts'

afterAll(removeRoots)

describe('who a process is', () => {
  test('this one lives, and one with its number but another start or boot does not', () => {
    const [pid, boot, start] = processIdentity().split(':')
    expect(Number(pid)).toBe(process.pid)
    expect(isAlive(processIdentity())).toBe(true)
    expect(isAlive(`${pid}:${boot}:${Number(start) + 1}`)).toBe(false)
    expect(isAlive(`${pid}:another-boot:${start}`)).toBe(false)
    // Without /proc only the number can be asked about.
    expect(isAlive(`${pid}:${boot}:0`)).toBe(true)
    expect(isAlive(`4194304:${boot}:0`)).toBe(false)
  })

  test.each(['', 'x', '1', '1:2', '-1:a:3', `${process.pid}`, 'a:b:c'])('%j is nobody', (text) => {
    expect(isAlive(text)).toBe(false)
  })

  test('a process that has ended is dead, also before its parent has taken notice', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const boot = processIdentity().split(':')[1]
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    const identity = `${child.pid}:${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
    expect(isAlive(identity)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isAlive(identity)).toBe(false)
  })
})

describe('a root belongs to one process', () => {
  test('a second opening in the same process is refused, and works once the first is closed', async () => {
    const root = await temporaryRoot()
    const first = await openDfs({ root })
    const failure = await openDfs({ root }).catch((error: unknown) => error)
    expect(code(failure)).toBe('DFS_LOCKED')
    expect(String(failure)).toContain(`pid ${process.pid}`)
    await first.close()
    await first.close()
    await (await openDfs({ root })).close()
    expect(existsSync(join(root, 'lock'))).toBe(false)
  })

  test('a lock file of a dead process is no lock', async () => {
    const root = await temporaryRoot()
    const [, boot] = processIdentity().split(':')
    writeFileSync(join(root, 'lock'), `4194304:${boot}:77\n`)
    await (await openDfs({ root })).close()
    writeFileSync(join(root, 'lock'), 'rubbish')
    await (await openDfs({ root })).close()
  })

  test('a lock file of a living process is a lock, even where its socket can not be seen', async () => {
    const root = await temporaryRoot()
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFileSync(join(root, 'lock'), `${child.pid}:${processIdentity().split(':')[1]}:${start}\n`)
    const failure = await openDfs({ root }).catch((error: unknown) => error)
    expect(code(failure)).toBe('DFS_LOCKED')
    expect(String(failure)).toContain(`process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await openDfs({ root })).close()
  })
})

describe('what stands in a root', () => {
  test('of a newer version is refused by name and left as it is', async () => {
    const root = await temporaryRoot()
    await (await openDfs({ root })).close()
    const file = join(root, 'VERSION')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"version":2', '"version":3'))
    const before = readFileSync(file, 'utf8')
    const failure = await openDfs({ root }).catch((error: unknown) => error)
    expect(code(failure)).toBe('DFS_UNKNOWN_VERSION')
    expect(String(failure)).toMatch(/version 3.*version 2/)
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test('each bit of its version file flipped is refused', async () => {
    const root = await temporaryRoot()
    await (await openDfs({ root })).close()
    const file = join(root, 'VERSION')
    const bytes = readFileSync(file)
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const flipped = Buffer.from(bytes)
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      writeFileSync(file, flipped)
      expect(['DFS_CORRUPT_METADATA', 'DFS_UNKNOWN_VERSION'], `bit ${bit}`).toContain(await outcome(openDfs({ root })))
    }
    writeFileSync(file, bytes)
    await (await openDfs({ root })).close()
  })

  test('without its version file is not formatted over', async () => {
    const root = await temporaryRoot()
    const dfs = await openDfs({ root })
    await writeFile(dfs, '/x', Buffer.from('x'))
    await dfs.checkpoint()
    await dfs.close()
    rmSync(join(root, 'VERSION'))
    expect(await outcome(openDfs({ root }))).toBe('DFS_CORRUPT_METADATA')
  })

  test('that is no directory is an error that says so', async () => {
    const root = join(await temporaryRoot(), 'file')
    writeFileSync(root, '')
    expect(await outcome(openDfs({ root }))).toBe('DFS_IO')
  })

  test('one datanode that can not be used is left out, and told of', async () => {
    const root = await temporaryRoot()
    const dfs = await openDfs({ root })
    await writeFile(dfs, '/x', Buffer.from('x'))
    await dfs.close()
    rmSync(join(root, 'datanodes', 'dn2'), { recursive: true })
    writeFileSync(join(root, 'datanodes', 'dn2'), 'in the way')
    await using again = await openDfs({ root })
    expect(again.datanodes.map(({ id }) => id)).toEqual(['dn1', 'dn3'])
    expect(again.notes.join()).toContain('datanode dn2 can not be used')
    await writeFile(again, '/y', Buffer.from('y'))
    expect((await again.locate('/y'))[0]?.replicas).toHaveLength(2)
    expect((await again.locate('/x'))[0]?.replicas).toHaveLength(2)
  })
})
