// Runs the compiled DFS until it is killed. Says on stdout what was acknowledged, a line each, after it was.
//   node kill-driver.mjs <root> <put|checkpoint|publish> <first number>
import { openDfs } from '../../dist/dfs/index.js'
import { contentOf } from './kill-content.mjs'

const [root, mode, first] = process.argv.slice(2)
const dfs = await openDfs({ root, blockSize: 300_000 })
const say = (line) => process.stdout.write(`${line}\n`)

async function write(writer, bytes) {
  for (let i = 0; i < bytes.length; i += 90_000) await writer.write(bytes.subarray(i, i + 90_000))
  return writer.close()
}

say('ready')
for (let number = Number(first); ; number++) {
  if (mode === 'publish') {
    const files = []
    for (const part of [0, 1, 2]) {
      const name = `part-${part}-of-${number}`
      files.push({ name, file: await write(await dfs.createDetached(), contentOf(name)) })
    }
    await dfs.publish('/out', files, { overwrite: true })
    say(`out ${number}`)
    continue
  }
  const path = `/d${number % 3}/f${number}`
  await write(await dfs.create(path), contentOf(path))
  say(`put ${path}`)
  if (mode === 'checkpoint') {
    await dfs.checkpoint()
    say('image')
  }
  const old = `/d${(number + 1) % 3}/f${number - 8}`
  say(`deleting ${old}`)
  if (await dfs.delete(old)) say(`deleted ${old}`)
}
