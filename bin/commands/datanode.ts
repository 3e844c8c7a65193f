import type { Command, CommandIo } from './command.ts'
import { runDaemon } from './daemon.ts'
import { absolute, addSetOption, datanodeIdOf, isDatanodeId, parseSettings, portOf } from './daemon-options.ts'
import { dfsRoot } from './root.ts'
import { parse, parser } from './usage.ts'

export const command: Command = { name: 'datanode', summary: 'run one datanode of a DFS in the foreground', run }

interface Options {
  readonly root?: string
  readonly id?: string
  readonly directory?: string
  readonly rack?: string
  readonly host?: string
  readonly port?: string
  readonly set: string[]
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const command = addSetOption(
    parser(
      'datanode',
      'Run one datanode of a DFS in the foreground, until it is interrupted. Without --id it is a new one: starting it is all it takes to add it.',
    )
      .option('--root <dir>', 'where the DFS lives (default $QUERN_ROOT, else ~/.quern)')
      .option('--id <dnN>', "which of the root's datanodes this is")
      .option('--directory <dir>', 'where a new one keeps its replicas, e.g. on another disk (default in the root)')
      .option('--rack <name>', 'the rack of a new one (default the one with fewest datanodes)')
      .option('--host <address>', 'where it takes and serves blocks (default 127.0.0.1)')
      .option('--port <n>', 'its port (default any that is free)'),
  )
  if (!(await parse(command, argv, io))) return 0
  const options = command.opts<Options>()
  // What it is called in its messages: never what it can not be called.
  return await runDaemon(isDatanodeId(options.id) ? options.id : 'datanode', io, async (say) => {
    const id = datanodeIdOf(options.id)
    const { runDatanode, settingNames } = await import('../../dfs/index.ts')
    const directory = absolute(options.directory, io.cwd)
    const port = portOf(options.port, '--port')
    const datanode = await runDatanode({
      root: dfsRoot(options.root, io),
      tuning: parseSettings(options.set, settingNames),
      ...(id === undefined ? {} : { id }),
      ...(directory === undefined ? {} : { directory }),
      ...(options.rack === undefined ? {} : { rack: options.rack }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(port === undefined ? {} : { port }),
      say,
    })
    return { greeting: `serving ${datanode.directory} at ${datanode.address}`, close: () => datanode.close() }
  })
}
