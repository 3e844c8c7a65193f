import { expect, test } from 'vitest'
import { redirectTarget } from '../../../dfs/webhdfs/client/redirect.ts'

const from = (scheme: string): URL => new URL(`${scheme}://namenode:9870/webhdfs/v1/f?op=OPEN`)

test.each([
  ['http', 'http://datanode:9864/webhdfs/v1/f?op=OPEN&offset=0', 'http://datanode:9864/webhdfs/v1/f?op=OPEN&offset=0'],
  ['http', 'https://datanode:9865/f', 'https://datanode:9865/f'],
  ['https', 'https://datanode:9865/f', 'https://datanode:9865/f'],
  ['http', '/webhdfs/v1/f?step=data', 'http://namenode:9870/webhdfs/v1/f?step=data'],
  ['http', 'HTTP://[::1]:9864/f', 'http://[::1]:9864/f'],
])('over %s to %s', (scheme, location, target) => {
  expect(redirectTarget(from(scheme), location).href).toBe(target)
})

test.each([
  ['https', 'http://datanode:9864/f', 'what is encrypted stays encrypted'],
  ['http', 'file:///etc/passwd', 'only http and https'],
  ['http', 'javascript:alert(1)', 'only http and https'],
  ['http', 'ftp://datanode/f', 'only http and https'],
  ['http', 'http://', 'no address'],
  ['http', 'http://datanode:99999/', 'no address'],
  ['http', '', 'no address'],
  ['http', undefined, 'no address'],
])('over %s not to %s', (scheme, location, why) => {
  expect(() => redirectTarget(from(scheme), location)).toThrow(expect.objectContaining({ code: 'DFS_PROTOCOL' }))
  expect(() => redirectTarget(from(scheme), location)).toThrow(why)
})
