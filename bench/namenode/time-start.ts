/** time-start.ts ROOT: the seconds that `quern dfs start` takes. */
import { runQuern } from '../daemons.ts'

const [root = ''] = process.argv.slice(2)
const began = performance.now()
runQuern('dfs', 'start', '--root', root, '--datanodes', '1', '--http-port', '0')
process.stdout.write(`${(performance.now() - began) / 1000}\n`)
