import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { removeRoots } from '../harness.ts'
import { hostilePaths } from './hostile-paths.ts'
import { speak } from './raw-http.ts'
import { type Served, serveFresh, superuser } from './served.ts'

afterAll(removeRoots)

const others = [
  ['PUT', 'MKDIRS'],
  ['GET', 'OPEN&step=data'],
  ['GET', 'GETFILESTATUS'],
  ['POST', 'APPEND&step=data'],
  ['DELETE', 'DELETE&recursive=true'],
] as const

let served: Served
beforeEach(async () => {
  served = await serveFresh()
})
afterEach(async () => {
  await served[Symbol.asyncDispose]()
})

const say = (method: string, target: string, body = ''): Promise<string> =>
  speak(
    served.port,
    Buffer.from(
      `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    ),
  )

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
const oneOf = (statuses: readonly number[], answer: string, what: string): void =>
  expect(statuses, `${what.slice(0, 200)}: ${answer.slice(0, 300)}`).toContain(statusOf(answer))

describe('a hostile path', () => {
  test('is refused, or is the name that it spells; nothing else comes to be', async () => {
    expect(hostilePaths.length).toBeGreaterThan(250)
    const user = `user.name=${superuser}`
    const besides = () => Promise.all([dirname(served.root), served.root].map((directory) => readdir(directory)))
    const before = await besides()
    for (const [i, { raw, name }] of hostilePaths.entries()) {
      const directory = `/d${i}`
      await served.dfs.mkdir(directory)
      const target = `/webhdfs/v1${directory}${raw}`
      const made = await say('PUT', `${target}?op=CREATE&step=data&createparent=false&${user}`, 'x')
      if (name === undefined) {
        oneOf([400, 403, 404, 414], made, raw)
        const [method, op] = others[i % others.length] ?? others[0]
        oneOf([400, 414], await say(method, `${target}?op=${op}&${user}`), `${op} ${raw}`)
      } else {
        oneOf([201], made, raw)
        expect((await served.dfs.list(directory)).map(({ path }) => path)).toEqual([`${directory}/${name}`])
        oneOf([200], await say('GET', `${target}?op=OPEN&step=data&${user}`), raw)
        const listed = await say('GET', `/webhdfs/v1${directory}?op=LISTSTATUS&${user}`)
        expect(Buffer.from(listed, 'latin1').toString()).toContain(`"pathSuffix":${JSON.stringify(name)}`)
        await served.dfs.delete(directory, { recursive: true })
      }
    }
    const after = await besides()
    // Other tests have their roots beside this one.
    expect(after.map((names) => names.filter((name) => !name.startsWith('quern-')))).toEqual(
      before.map((names) => names.filter((name) => !name.startsWith('quern-'))),
    )
    const left = (await served.dfs.list('/')).map(({ path }) => path)
    expect(left.every((path) => /^\/d\d+$/.test(path))).toBe(true)
    for (const directory of left) expect(await served.dfs.list(directory)).toEqual([])
  })

  test('given as a parameter is refused as well', async () => {
    await served.dfs.mkdir('/a')
    const writer = await served.dfs.create('/a/f')
    await writer.close()
    // Here an encoded slash is one, and a backslash is a character of names.
    const bad = hostilePaths.filter(({ name, raw }) => name === undefined && !/%2f|\\/i.test(raw))
    expect(bad.length).toBeGreaterThan(100)
    for (const { raw } of bad) {
      for (const [method, op, parameter] of [
        ['PUT', 'RENAME', 'destination'],
        ['POST', 'CONCAT', 'sources'],
      ] as const) {
        const target = `/webhdfs/v1/a/f?op=${op}&user.name=${superuser}&${parameter}=/b${raw}`
        oneOf([400, 414], await say(method, target), `${op} ${raw}`)
      }
    }
    expect((await served.dfs.list('/a')).map(({ path }) => path)).toEqual(['/a/f'])
  })
})
