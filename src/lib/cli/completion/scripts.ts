/** What a shell evaluates once; from then on it asks `aibench __complete` at each TAB. */
export const COMPLETION_SCRIPTS = {
  bash: `# aibench completion for bash: eval "$(aibench completion bash)", in ~/.bashrc
_aibench() {
  local IFS=$'\\n'
  # Bash splits words at = and :, which are part of ours.
  local line=\${COMP_LINE:0:COMP_POINT}
  local -a words
  read -r -a words <<<"\${line// /$'\\n'}" -d ''
  [[ $line == *' ' ]] && words+=('')
  local current=\${words[\${#words[@]}-1]}
  mapfile -t COMPREPLY < <(aibench __complete bash "\${words[@]:1}" 2>/dev/null)
  # Readline replaces only what follows the last =.
  [[ $current == *=* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${current%%=*}="}")
}
complete -o default -F _aibench aibench
`,
  zsh: `#compdef aibench
# aibench completion for zsh: eval "$(aibench completion zsh)", in ~/.zshrc after compinit
_aibench() {
  local -a answers
  answers=("\${(@f)$(aibench __complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${answers[1]}" ]]; then compadd -- "\${answers[@]}"; else _files; fi
}
(( $+functions[compdef] )) && compdef _aibench aibench
`,
  fish: `# aibench completion for fish: aibench completion fish > ~/.config/fish/completions/aibench.fish
function __aibench_complete
    set -l words (commandline -opc)
    aibench __complete fish $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c aibench -f -a '(__aibench_complete)'
complete -c aibench -l persist-dir -r -F
complete -c aibench -l image -r -F
`,
} as const
export type Shell = keyof typeof COMPLETION_SCRIPTS
