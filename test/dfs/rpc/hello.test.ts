/** A quern that meets daemons of another build, or daemons that are met by one: both sides and what to do are in one sentence. */
import { afterEach, expect, test } from 'vitest'
import { realEnv } from '../../../dfs/base/env.ts'
import type { Listener } from '../../../dfs/base/net.ts'
import { processIdentity } from '../../../dfs/base/process-identity.ts'
import { openDfs } from '../../../dfs/index.ts'
import { readOrMakeSecret, writeNamenodeRun } from '../../../dfs/root/run-file.ts'
import { FrameChannel } from '../../../dfs/rpc/frame.ts'
import { protocolVersion, receiveHello } from '../../../dfs/rpc/hello.ts'
import { removeRoots, temporaryRoot } from '../harness.ts'

let listener: Listener | undefined

afterEach(async () => {
  await listener?.close()
  await removeRoots()
})

/** A root whose namenode answers each hello with `answer`. */
async function rootOf(answer: object): Promise<string> {
  const root = await temporaryRoot()
  const { disk, net } = realEnv
  listener = await net.listen({ host: '127.0.0.1', port: 0 }, (channel) => {
    const frames = new FrameChannel(channel)
    void frames.receive().then(() => {
      frames.send(answer)
      frames.close()
    })
  })
  await readOrMakeSecret(disk, root)
  const run = { process: processIdentity(), cluster: 'c', epoch: 1, rpc: listener.address }
  await writeNamenodeRun(disk, root, run)
  return root
}

const advice = 'Stop the daemons (quern dfs stop), start them with the newer quern (quern dfs start)'

test('daemons of the first version are told from those of this one', async () => {
  const root = await rootOf({ ok: false, code: 'DFS_UNKNOWN_VERSION', message: 'use the same quern for both' })
  const refused = openDfs({ root })
  await expect(refused).rejects.toMatchObject({ code: 'DFS_UNKNOWN_VERSION' })
  await expect(refused).rejects.toThrow(
    `version ${protocolVersion} of quern's protocol asked, and version 1 was there to answer`,
  )
  await expect(refused).rejects.toThrow(advice)
})

test('daemons of a version to come are told from those of this one', async () => {
  const root = await rootOf({ ok: false, code: 'DFS_UNKNOWN_VERSION', message: '…', version: 17, more: {} })
  const refused = openDfs({ root })
  await expect(refused).rejects.toMatchObject({ code: 'DFS_UNKNOWN_VERSION' })
  await expect(refused).rejects.toThrow(
    `version ${protocolVersion} of quern's protocol asked, and version 17 was there to answer`,
  )
  await expect(refused).rejects.toThrow(advice)
})

test('another refusal of the same version is told as it came', async () => {
  const root = await rootOf({ ok: false, code: 'DFS_UNKNOWN_VERSION', message: 'as it is', version: protocolVersion })
  await expect(openDfs({ root })).rejects.toMatchObject({ code: 'DFS_UNKNOWN_VERSION', message: 'as it is' })
})

test.each([1, 17])('one who asks in version %i is answered in what every version understands', async (version) => {
  let refused: unknown
  listener = await realEnv.net.listen({ host: '127.0.0.1', port: 0 }, (channel) => {
    const frames = new FrameChannel(channel)
    receiveHello(frames, 'token').catch((error: unknown) => {
      refused = error
      frames.close()
    })
  })
  const channel = await realEnv.net.connect(listener.address, 1000)
  const frames = new FrameChannel(channel)
  frames.send({ quern: 'dfs', version, what: 'may follow' })
  const answer = await frames.receive()
  expect(answer).toEqual({
    ok: false,
    code: 'DFS_UNKNOWN_VERSION',
    message: expect.stringContaining(`version ${version} of quern's protocol asked, and version ${protocolVersion}`),
    version: protocolVersion,
  })
  expect(answer['message']).toContain(advice)
  expect(refused).toMatchObject({ code: 'DFS_UNKNOWN_VERSION' })
  channel.close()
})
