import { readFileSync } from 'node:fs'
import { DfsError } from '../../dfs/base/errors.ts'
import type { Command, CommandIo } from './command.ts'
import { runDaemon } from './daemon.ts'
import { absolute, addSetOption, countOf, parseSettings, portOf } from './daemon-options.ts'
import { dfsRoot } from './root.ts'
import { parse, parser } from './usage.ts'

export const command: Command = { name: 'namenode', summary: 'run the namenode of a DFS in the foreground', run }

interface Options {
  readonly root?: string
  readonly datanodes?: string
  readonly racks?: string
  readonly host?: string
  readonly port?: string
  readonly httpHost?: string
  readonly httpPort?: string
  readonly httpTokenFile?: string
  readonly httpNames?: string
  readonly set: string[]
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const command = addSetOption(
    parser('namenode', 'Run the namenode of a DFS in the foreground, until it is interrupted.')
      .option('--root <dir>', 'where the DFS lives (default $QUERN_ROOT, else ~/.quern)')
      .option('--datanodes <n>', 'a new root is laid out for so many datanodes (default 3)')
      .option('--racks <n>', 'and so many racks (default 2)')
      .option('--host <address>', 'where datanodes and clients ask (default 127.0.0.1)')
      .option('--port <n>', 'its port (default any that is free)')
      .option('--http-host <address>', 'where WebHDFS is served (default 127.0.0.1)')
      .option('--http-port <n>', 'its port (default 9870, or any if that is taken)')
      .option('--http-token-file <file>', 'the token that WebHDFS asks for; needed for any other address')
      .option('--http-names <names>', 'further names it goes by, between commas: those of a proxy in front of it'),
  )
  if (!(await parse(command, argv, io))) return 0
  const options = command.opts<Options>()
  return await runDaemon('namenode', io, async (say) => {
    const { runNamenode, settingNames } = await import('../../dfs/index.ts')
    const tokenFile = absolute(options.httpTokenFile, io.cwd)
    const port = portOf(options.port, '--port')
    const httpPort = portOf(options.httpPort, '--http-port')
    const datanodes = countOf(options.datanodes, '--datanodes')
    const racks = countOf(options.racks, '--racks')
    const root = dfsRoot(options.root, io)
    const namenode = await runNamenode({
      root,
      tuning: parseSettings(options.set, settingNames),
      ...(datanodes === undefined ? {} : { datanodes }),
      ...(racks === undefined ? {} : { racks }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(port === undefined ? {} : { port }),
      ...(options.httpHost === undefined ? {} : { httpHost: options.httpHost }),
      ...(httpPort === undefined ? {} : { httpPort }),
      ...(tokenFile === undefined ? {} : { httpToken: readToken(tokenFile) }),
      ...(options.httpNames === undefined ? {} : { httpNames: options.httpNames.split(',') }),
      say,
    })
    return { ...namenode, greeting: `serving ${root} at ${namenode.rpc}, WebHDFS at ${namenode.http}/webhdfs/v1/` }
  })
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new DfsError('DFS_BAD_ARGUMENT', `--http-token-file ${file} can not be read: ${String(error)}`, {
      cause: error,
    })
  }
}
