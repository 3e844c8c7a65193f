import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Confirmation } from '../../../../bin/commands/fs/confirmation.ts'
import { memoryIo } from '../../support/memory-io.ts'

const asking = (stdin: Readable) => new Confirmation(memoryIo({ cwd: '/', root: '/none', stdin }))

test('an answer without an end does not pile up: it is passed over', async () => {
  let sent = 0
  const endless = new Readable({
    read() {
      if (sent++ < 200) this.push('y'.repeat(65_536))
      else if (sent === 201) this.push('\nno\nyes\n')
      else this.push(null)
    },
  })
  const confirmation = asking(endless)
  expect(await confirmation.ask('Delete?')).toBe(false)
  confirmation.close()
})

test('answers come one by one out of one pipe, however it is cut, and its end is a no', async () => {
  const confirmation = asking(Readable.from([Buffer.from('y'), Buffer.from('es\r\nN\n'), Buffer.from('Y')]))
  const answers: boolean[] = []
  for (let i = 0; i < 4; i++) answers.push(await confirmation.ask('Delete?'))
  expect(answers).toEqual([true, false, true, false])
  confirmation.close()
})

test('an input that fails is told, and nobody waits for it', async () => {
  const confirmation = asking(
    new Readable({
      read() {
        this.destroy(new Error('EIO'))
      },
    }),
  )
  await expect(confirmation.ask('Delete?')).rejects.toThrow('EIO')
  confirmation.close()
})

test('once nobody asks any more the input is let go', async () => {
  const stdin = new Readable({ read() {} })
  stdin.push('y\n')
  const confirmation = asking(stdin)
  expect(await confirmation.ask('Delete?')).toBe(true)
  confirmation.close()
  await new Promise((resolve) => stdin.once('close', resolve))
  expect(stdin.destroyed).toBe(true)
})
