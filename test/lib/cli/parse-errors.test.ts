import { expect } from 'chai'
import { parseLine } from '../../support/command-lines.js'

describe('a command line that does not fit', () => {
  for (const [line, message, hint] of [
    [
      'vllm bench --rats 4',
      'Unknown flag --rats; did you mean --rate?',
      'aibench vllm bench --rate 4',
    ],
    [
      'vllm bench --request-rate=4',
      'Unknown flag --request-rate; did you mean --rate?',
      'aibench vllm bench --rate=4',
    ],
    [
      "vllm bench --requests 4 --slo 'ttft_p99<5ms'",
      'Unknown flag --requests; did you mean --num-prompts?',
      "aibench vllm bench --num-prompts 4 --slo 'ttft_p99<5ms'",
    ],
    [
      'vllm start --gpus 4',
      'Unknown flag --gpus; did you mean --gpus-per-node?',
      'aibench vllm start --gpus-per-node 4',
    ],
    [
      'vllm start --node 2',
      'Unknown flag --node; did you mean --nodes?',
      'aibench vllm start --nodes 2',
    ],
    [
      'vllm start -nodes 2',
      'Unknown flag -nodes; did you mean --nodes?',
      'aibench vllm start --nodes 2',
    ],
    ['vllm check --xyzzyx', 'Unknown flag --xyzzyx', 'aibench vllm check --help'],
    [
      'vllm start --nodes two',
      '--nodes must be a whole number, not "two"',
      'aibench vllm start --help',
    ],
    ['vllm start --nodes 0', '--nodes must be at least 1, not 0', 'aibench vllm start --help'],
    ['vllm start --nodes', '--nodes needs a value', 'aibench vllm start --help'],
    [
      'vllm start --scheduler',
      '--scheduler needs a value: slurm or local',
      'aibench vllm start --help',
    ],
    [
      'vllm start --scheduler lsf',
      '--scheduler must be slurm or local, not "lsf"',
      'aibench vllm start --help',
    ],
    ['vllm start --ttft 5ms', '--ttft needs --simulate', 'aibench vllm start --help'],
    ['completion tcsh', 'Unknown value "tcsh": use bash, zsh or fish', 'aibench completion --help'],
    ['completion', 'SHELL is missing: bash, zsh or fish', 'aibench completion --help'],
    ['config set slurm.time', 'VALUE is missing: its value', 'aibench config set --help'],
    [
      'vllm chat why not',
      'Unexpected argument "not": quote a text of several words',
      "aibench vllm chat 'why not'",
    ],
    ['vllm check a b', 'Unexpected argument "b"', 'aibench vllm check --help'],
  ] as const)
    it(`is told in our words: ${line}`, async () => {
      const { error } = await parseLine(`aibench ${line}`)
      expect([error?.message, error?.hints[0]]).to.deep.equal([message, hint])
      expect(error).to.include({ exitCode: 2, code: 'AIB_FLAGS' })
    })

  it('never speaks the words of the parser', async () => {
    for (const line of [
      'vllm start --nodes 1.5',
      'vllm logs -n -1',
      'vllm start --time',
      'runs show a b',
    ])
      expect((await parseLine(`aibench ${line}`)).error?.message).to.not.match(
        /Expected|Nonexistent|Parsing|See more|required arg/,
      )
  })
})
